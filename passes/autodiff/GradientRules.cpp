//===- GradientRules.cpp - the rules, declarative and in C++ ------------------===//
#include "passes/autodiff/GradientRules.h"
#include "dialects/nn/TensorType.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::autodiff;
using nn::tensorType;

// GradientBuilder -----------------------------------------------------------

Value plimsoll::autodiff::sumTo(OpBuilder &builder, Location loc, Value value,
                                RankedTensorType type) {
  RankedTensorType from = tensorType(value);
  if (from == type)
    return value;
  int64_t extra = from.getRank() - type.getRank();
  SmallVector<int64_t> axes;
  for (int64_t d = 0; d < from.getRank(); ++d)
    if (d < extra || (type.getDimSize(d - extra) == 1 && from.getDimSize(d) != 1))
      axes.push_back(d);
  if (!axes.empty())
    value = nn::ReduceSumOp::create(builder, loc, value, builder.getDenseI64ArrayAttr(axes));
  if (value.getType() != type)
    value = nn::ReshapeOp::create(builder, loc, type, value);
  return value;
}

void GradientBuilder::add(unsigned operand, Value gradient) {
  RankedTensorType type = tensorType(op->getOperand(operand));
  // A gradient with fewer elements than its operand is the same for all of them and is broadcast. A
  // gradient without elements belongs to an operand that contributed to no result.
  int64_t count = tensorType(gradient).getNumElements();
  if (count > 0 && count < type.getNumElements())
    gradient = create<nn::BroadcastOp>(type, gradient);
  gradients[operand] = sumTo(builder, op->getLoc(), gradient, type);
}

Value GradientBuilder::dy(unsigned index) {
  if (dys[index])
    return dys[index];
  RankedTensorType type = tensorType(op->getResult(index));
  Value zero = create<nn::ConstantOp>(DenseElementsAttr::get(
      type.clone(ArrayRef<int64_t>{}), builder.getFloatAttr(type.getElementType(), 0.0)));
  return create<nn::BroadcastOp>(type, zero);
}

Value GradientBuilder::number(double value) {
  Type element = getElementTypeOrSelf(op->getResult(0).getType());
  return create<nn::ConstantOp>(DenseElementsAttr::get(RankedTensorType::get({}, element),
                                                       builder.getFloatAttr(element, value)));
}

Value GradientBuilder::make(StringRef name, ValueRange operands, ArrayRef<StringRef> attributes,
                            unsigned operandIndex, unsigned result, unsigned resultCount) {
  OperationState state(op->getLoc(), name);
  for (Value operand : operands)
    if (operand)
      state.addOperands(operand);
  for (StringRef attribute : attributes)
    if (Attribute value = op->getAttr(attribute))
      state.addAttribute(attribute, value);
  auto *inference = state.name.getInterface<InferTypeOpInterface>();
  if (!inference) {
    for (unsigned i = 0; i < resultCount; ++i) {
      unsigned like = std::min<unsigned>(operandIndex - result + i, op->getNumOperands() - 1);
      state.addTypes(op->getOperand(like).getType());
    }
    return builder.create(state)->getResult(result);
  }
  // A detached op without results holds the properties that the inference reads.
  Operation *detached = Operation::create(state);
  SmallVector<Type> types;
  LogicalResult inferred = inference->inferReturnTypes(
      builder.getContext(), op->getLoc(), state.operands, detached->getAttrDictionary(),
      detached->getPropertiesStorage(), {}, types);
  detached->destroy();
  if (failed(inferred)) { // the error is reported; the value returned in its place is never used
    broken = true;
    return dy();
  }
  state.addTypes(types);
  return builder.create(state)->getResult(result);
}

// Rules in C++ --------------------------------------------------------------

static LogicalResult absGradient(GradientBuilder &b, Operation *op) {
  if (!b.needs(0))
    return success();
  Value x = op->getOperand(0), zero = b.number(0.0);
  Value positive = b.create<nn::CompareOp>(nn::Predicate::gt, x, zero);
  Value negative = b.create<nn::CompareOp>(nn::Predicate::lt, x, zero);
  Value minus = b.create<nn::NegOp>(b.dy());
  Value rest = b.create<nn::SelectOp>(negative, minus, zero);
  b.add(0, b.create<nn::SelectOp>(positive, b.dy(), rest));
  return success();
}

static LogicalResult castGradient(GradientBuilder &b, Operation *op) {
  if (b.needs(0))
    b.add(0, b.create<nn::CastOp>(b.dy(), getElementTypeOrSelf(op->getOperand(0).getType())));
  return success();
}

static LogicalResult transposeGradient(GradientBuilder &b, Operation *op) {
  if (b.needs(0))
    b.add(0, b.create<nn::TransposeOp>(
                 b.dy(), invertPermutationVector(cast<nn::TransposeOp>(op).getPermutation())));
  return success();
}

static LogicalResult concatGradient(GradientBuilder &b, Operation *op) {
  auto concat = cast<nn::ConcatOp>(op);
  SmallVector<int64_t> sizes;
  for (Value input : concat.getInputs())
    sizes.push_back(tensorType(input).getDimSize(concat.getAxis()));
  auto split = b.create<nn::SplitOp>(b.dy(), concat.getAxis(), sizes);
  for (unsigned i = 0; i < sizes.size(); ++i)
    if (b.needs(i))
      b.add(i, split.getResult(i));
  return success();
}

static LogicalResult splitGradient(GradientBuilder &b, Operation *op) {
  if (!b.needs(0))
    return success();
  SmallVector<Value> parts;
  for (unsigned i = 0; i < op->getNumResults(); ++i)
    parts.push_back(b.dy(i));
  b.add(0, b.create<nn::ConcatOp>(parts, cast<nn::SplitOp>(op).getAxis()));
  return success();
}

static LogicalResult reduceSumGradient(GradientBuilder &b, Operation *op) {
  if (!b.needs(0))
    return success();
  RankedTensorType type = tensorType(op->getOperand(0));
  SmallVector<int64_t> kept(type.getShape());
  for (int64_t axis : cast<nn::ReduceSumOp>(op).getAxes())
    kept[axis] = 1;
  Value dy = b.create<nn::ReshapeOp>(type.clone(kept), b.dy());
  b.add(0, b.create<nn::BroadcastOp>(type, dy));
  return success();
}

Value plimsoll::autodiff::flattenRows(GradientBuilder &b, Value value) {
  RankedTensorType type = tensorType(value);
  if (type.getRank() == 2)
    return value;
  int64_t columns = type.getShape().back();
  int64_t rows = columns == 0 ? 0 : type.getNumElements() / columns;
  return b.create<nn::ReshapeOp>(type.clone({rows, columns}), value);
}

/// y = op(a) op(b), where op may transpose. Without transposition: da = dy b^T, db = a^T dy.
static LogicalResult matmulGradient(GradientBuilder &b, Operation *op) {
  auto matmul = cast<nn::MatmulOp>(op);
  Value a = matmul.getA(), w = matmul.getB(), dy = b.dy();
  if (getElementTypeOrSelf(a.getType()) != getElementTypeOrSelf(dy.getType()))
    return op->emitError("has rounded factors: precision is assigned behind nn-build-step");
  bool ta = matmul.getTransposeA(), tb = matmul.getTransposeB();
  if (b.needs(0))
    b.add(0, ta ? b.create<nn::MatmulOp>(w, dy, /*transpose_a=*/tb, /*transpose_b=*/true)
                : b.create<nn::MatmulOp>(dy, w, /*transpose_a=*/false, /*transpose_b=*/!tb));
  for (unsigned index = 2; index < op->getNumOperands(); ++index)
    if (b.needs(index))
      b.add(index, op->getOperand(index) == matmul.getBias()
                       ? b.create<nn::ReduceSumOp>(flattenRows(b, dy), ArrayRef<int64_t>(0))
                       : dy);
  if (!b.needs(1))
    return success();
  // A matrix shared by a batch of rows: one product over all rows is cheaper than one product per
  // batch entry and a sum.
  if (tensorType(w).getRank() == 2 && !ta) {
    a = flattenRows(b, a);
    dy = flattenRows(b, dy);
  }
  b.add(1, tb ? b.create<nn::MatmulOp>(dy, a, /*transpose_a=*/true, /*transpose_b=*/ta)
              : b.create<nn::MatmulOp>(a, dy, /*transpose_a=*/!ta, /*transpose_b=*/false));
  return success();
}

// The declarative rules, and the table --------------------------------------

#include "passes/autodiff/Gradients.cpp.inc"

ArrayRef<GradientRule> plimsoll::autodiff::gradientRules() {
  return kGradientRules;
}

const GradientRule *plimsoll::autodiff::findGradientRule(Operation *op) {
  auto *rule = llvm::find_if(kGradientRules, [&](const GradientRule &rule) {
    return rule.op == op->getName().getStringRef();
  });
  return rule == std::end(kGradientRules) ? nullptr : rule;
}
