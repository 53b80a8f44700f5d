#include "compiler/onnx/fold/Arithmetic.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

Value Arithmetic::compare(nn::Predicate predicate, Value a, Value b) {
  auto attr = nn::PredicateAttr::get(n.builder.getContext(), predicate);
  return n.emit<nn::CompareOp>({a, b}, n.builder.getNamedAttr("predicate", attr));
}

Value Arithmetic::matmul(Value a, Value b, bool transposeB) {
  SmallVector<NamedAttribute> attrs;
  if (transposeB)
    attrs.push_back(n.unitNamed("transpose_b"));
  return n.emit<nn::MatmulOp>({a, b}, attrs);
}

/// Computes max(x, 0) + ln(1 + t) with t = e^-|x|; what rounding takes from 1 + t is added back.
/// The comparisons put the kinks of both terms on the same side of 0, where they cancel in the
/// gradient.
Value Arithmetic::softplus(Value x) {
  Value above = x ? compare(nn::Predicate::gt, x, 0.0) : Value();
  Value t = exp(select(above, neg(x), x)), sum = add(t, 1.0);
  Value lost = sub(t, add(sum, -1.0));
  return add(select(above, x, n.scalar(0.0, x)), add(log(sum), div(lost, sum)));
}

/// Returns the shape of `x` with size 1 for each of `axes`.
static Shape keptShape(Value x, ArrayRef<int64_t> axes) {
  Shape shape(shapeOf(x));
  for (int64_t d : axes)
    shape[d] = 1;
  return shape;
}

Value Arithmetic::sum(Value x, ArrayRef<int64_t> axes) {
  if (!x || axes.empty())
    return x;
  if (!isa<FloatType>(typeOf(x).getElementType()))
    return reduce(nn::Reduction::sum, x, axes);
  return n.reshape(n.emit<nn::ReduceSumOp>(x, n.intsNamed("axes", axes)), keptShape(x, axes));
}

Value Arithmetic::mean(Value x, ArrayRef<int64_t> axes) {
  if (!x)
    return {};
  int64_t count = 1;
  for (int64_t d : axes)
    count *= typeOf(x).getDimSize(d);
  if (count == 0) {
    n.error("its input " + shapeText(shapeOf(x)) + " is empty");
    return {};
  }
  return mul(sum(x, axes), 1.0 / double(count));
}

/// Moves the dimensions in `axes` to the end as one, reduces that, and restores them with size 1.
Value Arithmetic::reduce(nn::Reduction kind, Value x, ArrayRef<int64_t> axes) {
  if (!x || axes.empty())
    return x;
  Shape order, shape;
  int64_t count = 1;
  for (int64_t d = 0; d < typeOf(x).getRank(); ++d)
    if (!llvm::is_contained(axes, d)) {
      order.push_back(d);
      shape.push_back(typeOf(x).getDimSize(d));
    }
  for (int64_t d : axes) {
    order.push_back(d);
    count *= typeOf(x).getDimSize(d);
  }
  shape.push_back(count);
  Value rows = n.reshape(n.transpose(x, order), shape);
  auto attr = nn::ReductionAttr::get(n.builder.getContext(), kind);
  Value y = n.emit<nn::ReduceOp>(rows, n.builder.getNamedAttr("kind", attr));
  return n.reshape(y, keptShape(x, axes));
}

Arithmetic::Standard Arithmetic::standardize(Value x, ArrayRef<int64_t> axes, double epsilon) {
  Standard result;
  result.mean = mean(x, axes);
  Value centred = sub(x, result.mean);
  Value variance = mean(mul(centred, centred), axes);
  result.inverse = reciprocal(sqrt(add(variance, epsilon)));
  result.y = mul(centred, result.inverse);
  return result;
}

Value Arithmetic::unsqueeze(Value x, int64_t axis) {
  if (!x)
    return {};
  Shape shape(shapeOf(x));
  shape.insert(shape.begin() + axis, 1);
  return n.reshape(x, shape);
}

Value Arithmetic::squeeze(Value x, int64_t axis) {
  if (!x)
    return {};
  Shape shape(shapeOf(x));
  shape.erase(shape.begin() + axis);
  return n.reshape(x, shape);
}

Value Arithmetic::take(Value x, int64_t axis, ArrayRef<int64_t> index) {
  HostTensor indices(DType::i64, {int64_t(index.size())});
  indices.ints.assign(index.begin(), index.end());
  return n.emit<nn::GatherOp>({x, n.constant(indices)}, n.intNamed("axis", axis));
}

Value Arithmetic::concat(ArrayRef<Value> parts, int64_t axis) {
  if (parts.size() == 1)
    return parts[0];
  return n.emit<nn::ConcatOp>(parts, n.intNamed("axis", axis));
}

Value Arithmetic::iota(int64_t count, Type element) {
  HostTensor numbers(*dtypeOf(element), {count});
  for (int64_t i = 0; i < count; ++i)
    numbers.isFloat() ? numbers.setFloat(i, double(i)) : numbers.setInt(i, i);
  return n.constant(numbers);
}

Value Arithmetic::swapLast(Value x, int64_t axis) {
  if (!x)
    return {};
  Shape order = ascending(0, typeOf(x).getRank());
  std::swap(order[axis], order.back());
  return n.transpose(x, order);
}
