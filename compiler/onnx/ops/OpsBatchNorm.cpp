//===- OpsBatchNorm.cpp - BatchNormalization ------------------------------------===//
//
// Exporters write the inference form, whatever the model's mode. If the statistics are parameters,
// it becomes the op that nn-build-step puts into training mode; with other statistics both forms
// are arithmetic.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"
#include "compiler/onnx/parameters/FxArguments.h"
#include "dialects/nn/Loads.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

/// Returns (x - mean) * (scale / sqrt(variance + epsilon)) + bias, with `channels` as scale, bias,
/// mean and variance.
static Value normalizeByConstants(Node &n, Value x, ArrayRef<Value> channels, double epsilon) {
  Shape shape(typeOf(x).getRank() - 1, 1);
  shape[0] = typeOf(x).getDimSize(1);
  Value shifted = n.emit<nn::AddOp>({channels[3], n.scalar(epsilon, x)});
  Value factor = n.emit<nn::DivOp>({channels[0], n.emit<nn::SqrtOp>(shifted)});
  Value centred = n.emit<nn::SubOp>({x, n.reshape(channels[2], shape)});
  Value scaled = n.emit<nn::MulOp>({centred, n.reshape(factor, shape)});
  return n.emit<nn::AddOp>({scaled, n.reshape(channels[1], shape)});
}

/// Returns `value` in a shape that broadcasts one number per channel over a tensor of `rank`
/// dimensions.
static Value asChannels(Node &n, Value value, int64_t rank) {
  Shape shape(rank - 1, 1);
  shape[0] = typeOf(value).getNumElements();
  return n.reshape(value, shape);
}

/// Writes the training form: normalises by the batch's statistics, and moves the running ones
/// towards them (in ONNX by the biased variance).
static void normalizeByBatch(Node &n, Value x, ArrayRef<Value> channels, double epsilon,
                             double momentum) {
  Arithmetic m(n);
  int64_t rank = typeOf(x).getRank(), count = typeOf(x).getDimSize(1);
  Shape axes = ascending(0, rank);
  axes.erase(axes.begin() + 1);
  Value mean = m.mean(x, axes), centred = m.sub(x, mean);
  Value variance = m.mean(m.mul(centred, centred), axes);
  Value y = m.div(centred, m.sqrt(m.add(variance, epsilon)));
  if (!y)
    return;
  n.set(m.add(m.mul(y, asChannels(n, channels[0], rank)), asChannels(n, channels[1], rank)));
  Value statistics[] = {mean, variance};
  for (int i = 0; i < 2; ++i)
    n.set(m.add(m.mul(channels[2 + i], momentum),
                m.mul(n.reshape(statistics[i], {count}), 1.0 - momentum)),
          1 + i);
}

static void batchNorm(Node &n) {
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
  bool isInstance = !fxArguments(n.names.fx, "aten.instance_norm").empty();
  // torch writes an instance normalisation with running statistics as a batch normalisation of one
  // image with a channel for each image and channel, and repeats the statistics.
  auto isRunning = [&](Value value) {
    return isInstance ? nn::repeatedLoad(value) : value.getDefiningOp<nn::LoadOp>();
  };
  bool running = isRunning(channels[2]) && isRunning(channels[3]);
  for (int i = 1; running && i < n.proto.output_size(); ++i)
    if (!n.proto.output(i).empty())
      return n.error("its result '" + n.proto.output(i) + "' is not supported",
                     "the running statistics are updated without it; export the model with "
                     "model.eval()");
  if (!running && n.intAttr("training_mode", 0))
    return normalizeByBatch(n, x, channels, epsilon, momentum);
  if (!running)
    return n.set(normalizeByConstants(n, x, channels, epsilon));
  // torch exports momentum=None, a cumulative average, with a weight of 0 for the new value.
  if (momentum == 1.0 && !n.names.fx.empty())
    n.warn("its momentum is None in the module, or 0: the running statistics stay as they are in "
           "training, and evaluation reads them; give the module a momentum to move them");
  // ONNX's momentum is the weight of the old value, the framework's that of the new one.
  n.set(n.emit<nn::BatchNormInferenceOp>(
      {x, channels[0], channels[1], channels[2], channels[3]},
      {n.floatNamed("epsilon", epsilon), n.floatNamed("momentum", 1.0 - momentum)}));
}

void plimsoll::import::addBatchNormOps(llvm::StringMap<OpEntry> &table) {
  table["BatchNormalization"].data = batchNorm;
}
