//===- OpsNormalization.cpp - LayerNormalization and RMSNormalization -----------===//
#include "compiler/import/OpTable.h"
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

static void refuseOtherResults(Node &n) {
  for (int i = 1; i < n.proto.output_size(); ++i)
    if (!n.proto.output(i).empty())
      n.error("its result '" + n.proto.output(i) + "' is not supported",
              "only the first result is");
}

/// `parameter` with exactly the shape of the normalised dimensions.
static Value overDims(Node &n, Value parameter, ArrayRef<int64_t> dims) {
  if (!parameter)
    return {};
  ArrayRef<int64_t> shape = typeOf(parameter).getShape();
  std::optional<Shape> merged = broadcastShape(shape, dims);
  if (!merged || ArrayRef<int64_t>(*merged) != dims) {
    n.error("scale or bias " + shapeText(shape) + " does not broadcast to " + shapeText(dims));
    return {};
  }
  return n.broadcast(parameter, dims);
}

static std::optional<int64_t> normAxis(Node &n, Value x) {
  return n.axis(n.intAttr("axis", -1), typeOf(x).getRank());
}

static void layerNorm(Node &n) {
  refuseOtherResults(n);
  Value x = n.data(0), scale = n.data(1);
  std::optional<int64_t> axis = x && scale ? normAxis(n, x) : std::nullopt;
  if (!axis || n.failed())
    return;
  ArrayRef<int64_t> dims = typeOf(x).getShape().drop_front(*axis);
  SmallVector<Value> operands = {x, overDims(n, scale, dims)};
  if (n.has(2))
    operands.push_back(overDims(n, n.data(2), dims));
  n.set(n.emit<nn::LayerNormOp>(operands, n.floatNamed("epsilon", n.floatAttr("epsilon", 1e-5))));
}

/// `x / sqrt(mean(x^2) + epsilon) * scale`, in the ops that the standard's own function
/// body uses.
static void rmsNorm(Node &n) {
  Value x = n.data(0), scale = n.data(1);
  std::optional<int64_t> axis = x && scale ? normAxis(n, x) : std::nullopt;
  if (!axis || n.failed())
    return;
  int64_t rank = typeOf(x).getRank();
  Shape axes = ascending(*axis, rank), kept(typeOf(x).getShape());
  int64_t count = 1;
  for (int64_t d : axes) {
    count *= kept[d];
    kept[d] = 1;
  }
  if (count == 0)
    return n.error("its input " + shapeText(typeOf(x).getShape()) + " is empty");
  Value sum = n.emit<nn::ReduceSumOp>(n.emit<nn::MulOp>({x, x}), n.intsNamed("axes", axes));
  Value mean = n.emit<nn::MulOp>({n.reshape(sum, kept), n.scalar(1.0 / double(count), x)});
  Value shifted = n.emit<nn::AddOp>({mean, n.scalar(n.floatAttr("epsilon", 1e-5), x)});
  Value inverse = n.emit<nn::ReciprocalOp>(n.emit<nn::SqrtOp>(shifted));
  n.set(n.emit<nn::MulOp>({n.emit<nn::MulOp>({x, inverse}), scale}));
}

void plimsoll::import::addNormalizationOps(llvm::StringMap<OpEntry> &table) {
  table["LayerNormalization"].data = layerNorm;
  table["RMSNormalization"].data = rmsNorm;
}
