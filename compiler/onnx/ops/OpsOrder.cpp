//===- OpsOrder.cpp - positions, order and running sums along a dimension ----------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

/// Returns `axis` as a dimension of `x`, counted from the front; nothing after an error.
static std::optional<int64_t> axisOf(Node &n, Value x, int64_t axis) {
  return x ? n.axis(axis, typeOf(x).getRank()) : std::nullopt;
}

template <nn::Reduction kind> static void argReduce(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  std::optional<int64_t> axis = axisOf(n, x, n.intAttr("axis", 0));
  if (!axis)
    return;
  SmallVector<NamedAttribute> attrs = {
      n.builder.getNamedAttr("kind", nn::ReductionAttr::get(n.builder.getContext(), kind))};
  if (n.intAttr("select_last_index", 0))
    attrs.push_back(n.unitNamed("last"));
  Shape shape(shapeOf(x));
  Value y = n.emit<nn::ArgReduceOp>(a.swapLast(x, *axis), attrs);
  // The axis was exchanged with the last dimension, so the last one is now where the axis was.
  if (y)
    y = a.swapLast(a.unsqueeze(y, typeOf(y).getRank()), *axis);
  n.set(n.intAttr("keepdims", 1) ? y : a.squeeze(y, *axis));
}

/// Sets 1 at the first maximum along the axis, else 0.
static void hardmax(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  std::optional<int64_t> axis = axisOf(n, x, n.intAttr("axis", -1));
  if (!axis)
    return;
  auto kind = nn::ReductionAttr::get(n.builder.getContext(), nn::Reduction::max);
  Value rows = a.swapLast(x, *axis);
  Value first = n.emit<nn::ArgReduceOp>(rows, n.builder.getNamedAttr("kind", kind));
  if (!first)
    return;
  Value places = a.iota(shapeOf(rows).back(), n.builder.getI64Type());
  Value hit = a.compare(nn::Predicate::eq, a.unsqueeze(first, typeOf(first).getRank()), places);
  n.set(a.swapLast(n.cast(hit, typeOf(x).getElementType()), *axis));
}

static void cumSum(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  std::optional<Shape> given = x ? n.knownInts(1) : std::nullopt;
  if (!given)
    return;
  if (given->size() != 1)
    return n.error("needs one axis");
  std::optional<int64_t> axis = axisOf(n, x, (*given)[0]);
  if (!axis)
    return;
  SmallVector<NamedAttribute> attrs;
  for (const char *name : {"exclusive", "reverse"})
    if (n.intAttr(name, 0))
      attrs.push_back(n.unitNamed(name));
  n.set(a.swapLast(n.emit<nn::CumSumOp>(a.swapLast(x, *axis), attrs), *axis));
}

static void topK(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  std::optional<Shape> k = x ? n.knownInts(1) : std::nullopt;
  std::optional<int64_t> axis = axisOf(n, x, n.intAttr("axis", -1));
  if (!k || !axis)
    return;
  if (k->size() != 1)
    return n.error("needs one number k");
  SmallVector<NamedAttribute> attrs = {n.intNamed("k", (*k)[0])};
  if (!n.intAttr("largest", 1))
    attrs.push_back(n.unitNamed("smallest"));
  Operation *top = n.create(nn::TopKOp::getOperationName(), a.swapLast(x, *axis), attrs, {});
  for (int i = 0; top && i < 2; ++i)
    n.set(a.swapLast(top->getResult(i), *axis), i);
}

void plimsoll::import::addOrderOps(llvm::StringMap<OpEntry> &table) {
  table["ArgMax"].data = argReduce<nn::Reduction::max>;
  table["ArgMin"].data = argReduce<nn::Reduction::min>;
  table["Hardmax"].data = hardmax;
  table["CumSum"].data = cumSum;
  table["TopK"].data = topK;
}
