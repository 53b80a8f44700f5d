//===- OpsReduction.cpp - reductions over named dimensions ------------------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"
#include "compiler/onnx/ops/StableForms.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

using Formula = Value (*)(Arithmetic &, Value, ArrayRef<int64_t>);

/// Returns the dimensions to reduce. If none is named, these are all, or none with
/// noop_with_empty_axes. Nothing after an error.
static std::optional<Shape> reducedAxes(Node &n, int64_t rank) {
  std::optional<Shape> given = n.intsOperandOrAttr(1, "axes");
  if (n.failed())
    return std::nullopt;
  if (given && !given->empty())
    return n.axes(*given, rank);
  return n.intAttr("noop_with_empty_axes", 0) ? Shape() : ascending(0, rank);
}

/// Sets the result of `formula` over axes that stay with size 1. Without axes it still applies to
/// each element (ReduceL1 over nothing is the absolute value).
template <Formula formula> static void reduce(Node &n) {
  Value x = n.data(0);
  std::optional<Shape> axes = x ? reducedAxes(n, typeOf(x).getRank()) : std::nullopt;
  if (!axes)
    return;
  Arithmetic a(n);
  Value y = formula(a, x, *axes);
  if (!y || n.intAttr("keepdims", 1))
    return n.set(y);
  Shape left;
  for (int64_t d = 0; d < typeOf(x).getRank(); ++d)
    if (!llvm::is_contained(*axes, d))
      left.push_back(typeOf(x).getDimSize(d));
  n.set(n.reshape(y, left));
}

static Value total(Arithmetic &a, Value x, ArrayRef<int64_t> axes) {
  return a.sum(x, axes);
}
static Value mean(Arithmetic &a, Value x, ArrayRef<int64_t> axes) {
  return a.mean(x, axes);
}
/// Returns the extreme at one position: of equal elements only the first gets the gradient.
static Value chosen(Arithmetic &a, nn::Reduction kind, Value x, int64_t axis) {
  Value rows = a.swapLast(x, axis);
  auto attr = nn::ReductionAttr::get(a.n.builder.getContext(), kind);
  Value index = a.n.emit<nn::ArgReduceOp>(rows, a.n.builder.getNamedAttr("kind", attr));
  if (!index)
    return {};
  int64_t last = typeOf(index).getRank();
  Value y =
      a.n.emit<nn::GatherElementsOp>({rows, a.unsqueeze(index, last)}, a.n.intNamed("axis", last));
  return a.swapLast(y, axis);
}

/// Returns the maximum or minimum. torch.amax divides the gradient among equal extremes. max(dim)
/// and min(dim), which differ from it only by the exporter's line, give it to the element whose
/// index they return.
template <nn::Reduction kind> static Value extreme(Arithmetic &a, Value x, ArrayRef<int64_t> axes) {
  StringRef fx = a.n.names.fx;
  bool isChosen = fx.contains("aten.max.dim]") || fx.contains("aten.min.dim]");
  if (isChosen && axes.size() == 1 && isa<FloatType>(typeOf(x).getElementType()))
    return chosen(a, kind, x, axes[0]);
  return a.reduce(kind, x, axes);
}
static Value l1(Arithmetic &a, Value x, ArrayRef<int64_t> axes) {
  return a.sum(a.abs(x), axes);
}
static Value sumSquare(Arithmetic &a, Value x, ArrayRef<int64_t> axes) {
  return a.sum(a.mul(x, x), axes);
}
static Value l2(Arithmetic &a, Value x, ArrayRef<int64_t> axes) {
  return rootOfSquares(a, sumSquare(a, x, axes));
}
static Value logSum(Arithmetic &a, Value x, ArrayRef<int64_t> axes) {
  return a.log(a.sum(x, axes));
}

/// Returns max + ln(sum e^(x - max)). The maximum gets no gradient, since it cancels. If it is
/// infinite (of nothing, or of -inf only), it is not subtracted.
static Value logSumExp(Arithmetic &a, Value x, ArrayRef<int64_t> axes) {
  if (axes.empty())
    return x;
  Value top = a.reduce(nn::Reduction::max, x, axes);
  if (!top)
    return {};
  Value isFinite = a.compare(nn::Predicate::lt, a.abs(top), 1e300);
  if (typeOf(x).getElementType().isF32())
    isFinite = a.compare(nn::Predicate::lt, a.abs(top), 3e38);
  top = a.select(isFinite, top, a.n.scalar(0.0, top));
  return a.add(a.log(a.sum(a.exp(a.sub(x, top)), axes)), top);
}

void plimsoll::import::addReductionOps(llvm::StringMap<OpEntry> &table) {
  table["ReduceSum"].data = reduce<total>;
  table["ReduceMean"].data = reduce<mean>;
  table["ReduceMax"].data = reduce<extreme<nn::Reduction::max>>;
  table["ReduceMin"].data = reduce<extreme<nn::Reduction::min>>;
  table["ReduceProd"].data = reduce<extreme<nn::Reduction::prod>>;
  table["ReduceL1"].data = reduce<l1>;
  table["ReduceL2"].data = reduce<l2>;
  table["ReduceSumSquare"].data = reduce<sumSquare>;
  table["ReduceLogSum"].data = reduce<logSum>;
  table["ReduceLogSumExp"].data = reduce<logSumExp>;
}
