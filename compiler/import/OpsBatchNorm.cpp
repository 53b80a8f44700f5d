//===- OpsBatchNorm.cpp - BatchNormalization ------------------------------------===//
//
// Exporters write the inference form, whatever the model's mode. It becomes the op that
// nn-build-step puts into training mode, if its statistics are parameters of the program;
// fixed statistics are arithmetic.
//===----------------------------------------------------------------------===//
#include "compiler/import/OpTable.h"
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

/// (x - mean) * (scale / sqrt(variance + epsilon)) + bias, each of them [channels].
static Value normalizeByConstants(Node &n, Value x, ArrayRef<Value> channels, double epsilon) {
  Shape shape(typeOf(x).getRank() - 1, 1);
  shape[0] = typeOf(x).getDimSize(1);
  Value shifted = n.emit<nn::AddOp>({channels[3], n.scalar(epsilon, x)});
  Value factor = n.emit<nn::DivOp>({channels[0], n.emit<nn::SqrtOp>(shifted)});
  Value centred = n.emit<nn::SubOp>({x, n.reshape(channels[2], shape)});
  Value scaled = n.emit<nn::MulOp>({centred, n.reshape(factor, shape)});
  return n.emit<nn::AddOp>({scaled, n.reshape(channels[1], shape)});
}

static void batchNorm(Node &n) {
  for (int i = 1; i < n.proto.output_size(); ++i)
    if (!n.proto.output(i).empty())
      n.error("its result '" + n.proto.output(i) + "' is not supported",
              "the running statistics are updated without it; export the model with "
              "model.eval()");
  Value x = n.data(0);
  SmallVector<Value> channels = {n.data(1), n.data(2), n.data(3), n.data(4)};
  if (!x || llvm::is_contained(channels, Value()) || n.failed())
    return;
  if (typeOf(x).getRank() < 2)
    return n.error("needs [batch, channels, ...], got " + shapeText(typeOf(x).getShape()));
  for (Value value : channels)
    if (typeOf(value).getShape() != typeOf(x).getShape().slice(1, 1))
      return n.error("scale, bias and statistics need one number for each of the " +
                     Twine(typeOf(x).getDimSize(1)) + " channels");
  double epsilon = n.floatAttr("epsilon", 1e-5), momentum = n.floatAttr("momentum", 0.9);
  bool running = channels[2].getDefiningOp<nn::LoadOp>() && channels[3].getDefiningOp<nn::LoadOp>();
  if (!running)
    return n.set(normalizeByConstants(n, x, channels, epsilon));
  // ONNX's momentum is the share of the old value, the framework's that of the new one.
  n.set(n.emit<nn::BatchNormInferenceOp>(
      {x, channels[0], channels[1], channels[2], channels[3]},
      {n.floatNamed("epsilon", epsilon), n.floatNamed("momentum", 1.0 - momentum)}));
}

void plimsoll::import::addBatchNormOps(llvm::StringMap<OpEntry> &table) {
  table["BatchNormalization"].data = batchNorm;
}
