//===- OpsReduction.cpp - ReduceSum and ReduceMean -------------------------------===//
#include "compiler/import/OpTable.h"
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

/// The dimensions to reduce: none named means all, or with noop_with_empty_axes none.
static std::optional<Shape> reducedAxes(Node &n, int64_t rank) {
  std::optional<Shape> given = n.intsOperandOrAttr(1, "axes");
  if (n.failed())
    return std::nullopt;
  if (given && !given->empty())
    return n.axes(*given, rank);
  return n.intAttr("noop_with_empty_axes", 0) ? Shape() : ascending(0, rank);
}

template <bool mean> static void reduce(Node &n) {
  Value x = n.data(0);
  std::optional<Shape> axes = x ? reducedAxes(n, typeOf(x).getRank()) : std::nullopt;
  if (!axes)
    return;
  if (axes->empty())
    return n.set(x);
  Shape kept(typeOf(x).getShape());
  int64_t count = 1;
  for (int64_t d : *axes) {
    count *= kept[d];
    kept[d] = 1;
  }
  if (mean && count == 0)
    return n.error("its input " + shapeText(typeOf(x).getShape()) + " is empty");
  Value y = n.emit<nn::ReduceSumOp>(x, n.intsNamed("axes", *axes));
  if (mean)
    y = n.emit<nn::MulOp>({y, n.scalar(1.0 / double(count), x)});
  n.set(n.intAttr("keepdims", 1) ? n.reshape(y, kept) : y);
}

void plimsoll::import::addReductionOps(llvm::StringMap<OpEntry> &table) {
  table["ReduceSum"].data = reduce<false>;
  table["ReduceMean"].data = reduce<true>;
}
