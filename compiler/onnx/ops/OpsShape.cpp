//===- OpsShape.cpp - ONNX operators that change shapes ------------------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/fold/ShapeRules.h"
#include "compiler/onnx/ops/OpTable.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

/// Sets the operand with the shape that `rule` returns, for operators that keep all elements. A
/// known operand stays known.
template <std::optional<Shape> (*rule)(Node &)> static void reshapeBy(Node &n) {
  std::optional<Shape> shape = rule(n);
  if (!shape)
    return;
  if (const HostTensor *tensor = n.knownOrNull(0))
    return n.set(tensor->reshaped(*shape));
  n.set(n.reshape(n.data(0), *shape));
}

static void transpose(Node &n) {
  std::optional<Shape> shape = n.shape(0);
  std::optional<Shape> permutation = shape ? permutationOf(n, shape->size()) : std::nullopt;
  if (permutation)
    n.set(n.transpose(n.data(0), *permutation));
}

static void expand(Node &n) {
  std::optional<Shape> target = expandedShape(n);
  Value x = target ? n.data(0) : Value();
  if (x && n.isTraced()) // 1 to 1, too: a batch of 1 may change
    return n.set(n.emitTo<nn::BroadcastOp>(typeOf(x).clone(*target), x));
  n.set(x ? n.broadcast(x, *target) : Value());
}

static void concat(Node &n) {
  SmallVector<Value> values;
  for (int i = 0; i < n.numOperands(); ++i)
    values.push_back(n.data(i));
  if (values.empty() || llvm::is_contained(values, Value()))
    return n.error("needs inputs");
  const auto *given = n.attr("axis", onnx::AttributeProto::INT);
  if (!given)
    return n.error("attribute 'axis' is missing");
  std::optional<int64_t> axis = n.axis(given->i(), typeOf(values[0]).getRank());
  if (axis)
    n.set(n.emit<nn::ConcatOp>(values, n.intNamed("axis", *axis)));
}

static void split(Node &n) {
  std::optional<SplitPlan> plan = splitPlan(n, n.results.size());
  if (!plan)
    return;
  Value x = n.data(0);
  if (plan->sizes.size() == 1)
    return n.set(x);
  Operation *op = n.create(nn::SplitOp::getOperationName(), x,
                           {n.intNamed("axis", plan->axis), n.intsNamed("sizes", plan->sizes)}, {});
  for (size_t i = 0; op && i < plan->sizes.size(); ++i)
    n.set(Value(op->getResult(i)), i);
}

/// Sets a slice: with step 1 a part of a split along each axis, else chosen elements.
static void slice(Node &n) {
  std::optional<SlicePlan> plan = slicePlan(n);
  if (!plan)
    return;
  Value x = n.data(0);
  for (size_t d = 0; x && d < plan->size.size(); ++d) {
    int64_t begin = plan->begin[d], step = plan->step[d], size = plan->size[d];
    if (step == 1 || size == 0) {
      x = n.part(x, d, size == 0 ? 0 : begin, size);
      continue;
    }
    Shape index;
    for (int64_t i = 0; i < size; ++i)
      index.push_back(begin + i * step);
    x = Arithmetic(n).take(x, d, index);
  }
  n.set(x);
}

/// Sets the shape, which needs only types and so works for data, too.
static void shapeOp(Node &n) {
  std::optional<Shape> shape = n.shape(0);
  if (!shape)
    return;
  int64_t rank = shape->size();
  auto clamped = [&](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + rank : i, 0, rank); };
  int64_t begin = clamped(n.intAttr("start", 0)), end = clamped(n.intAttr("end", rank));
  int64_t count = std::max<int64_t>(0, end - begin);
  HostTensor result(DType::i64, {count});
  for (int64_t i = 0; i < count; ++i)
    result.ints[i] = (*shape)[begin + i];
  n.set(std::move(result));
}

static void sizeOp(Node &n) {
  std::optional<Shape> shape = n.shape(0);
  if (!shape)
    return;
  HostTensor result(DType::i64, {});
  result.ints[0] = elementCount(*shape).value_or(0);
  n.set(std::move(result));
}

void plimsoll::import::addShapeOps(llvm::StringMap<OpEntry> &table) {
  table["Reshape"].data = table["Reshape"].fold = reshapeBy<reshapedShape>;
  table["Squeeze"].data = table["Squeeze"].fold = reshapeBy<squeezedShape>;
  table["Unsqueeze"].data = table["Unsqueeze"].fold = reshapeBy<unsqueezedShape>;
  table["Flatten"].data = table["Flatten"].fold = reshapeBy<flattenedShape>;
  table["Shape"].data = table["Shape"].fold = shapeOp;
  table["Size"].data = table["Size"].fold = sizeOp;
  table["Transpose"].data = transpose;
  table["Expand"].data = expand;
  table["Concat"].data = concat;
  table["Split"].data = split;
  table["Slice"].data = slice;
}
