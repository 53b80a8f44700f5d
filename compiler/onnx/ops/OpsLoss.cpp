//===- OpsLoss.cpp - losses that the model computes itself --------------------------===//
//
// Classes are dimension 1 of the scores, [batch, classes, d1, ...]; labels lack that dimension.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

namespace {
/// The operands of a loss besides the logarithms of probabilities.
struct Labels {
  Value classes; ///< i64, a valid class even if the row is ignored
  Value ignored; ///< bool, null if no index is ignored
  Value weights; ///< of each row's class; null if all are 1
};
} // namespace

static Labels labelsOf(Arithmetic &a, Value like) {
  Node &n = a.n;
  Labels labels;
  labels.classes = n.cast(n.data(1), n.builder.getI64Type());
  if (labels.classes && n.findAttr("ignore_index")) {
    Value zero = n.scalar(0.0, labels.classes);
    labels.ignored =
        a.compare(nn::Predicate::eq, labels.classes, double(n.intAttr("ignore_index", 0)));
    labels.classes = a.select(labels.ignored, zero, labels.classes);
  }
  if (n.has(2))
    labels.weights = n.emit<nn::GatherOp>({n.data(2), labels.classes}, n.intNamed("axis", 0));
  if (labels.ignored && like) {
    Value one = labels.weights ? labels.weights : n.scalar(1.0, like);
    labels.weights = a.select(labels.ignored, n.scalar(0.0, like), one);
  }
  return labels;
}

/// Returns the weighted negative logarithms at the labels, reduced as the node's attributes say.
static Value negativeLogLikelihood(Node &n, Value logs) {
  Arithmetic a(n);
  if (logs && typeOf(logs).getRank() < 2) {
    n.error("needs scores of two dimensions or more");
    return {};
  }
  Labels labels = labelsOf(a, logs);
  if (!logs || !labels.classes)
    return {};
  Value chosen =
      n.emit<nn::GatherElementsOp>({logs, a.unsqueeze(labels.classes, 1)}, n.intNamed("axis", 1));
  Value loss = a.neg(a.squeeze(chosen, 1));
  if (labels.weights)
    loss = a.mul(loss, labels.weights);
  std::string reduction = n.stringAttr("reduction", "mean");
  if (reduction == "none" || !loss)
    return loss;
  Shape all = ascending(0, typeOf(loss).getRank());
  if (reduction == "mean" && !labels.weights)
    return n.reshape(a.mean(loss, all), {});
  Value sum = n.reshape(a.sum(loss, all), {});
  if (reduction == "sum")
    return sum;
  if (reduction != "mean")
    n.unsupported("reduction '" + reduction + "' is unknown");
  return a.div(sum, n.reshape(a.sum(n.broadcast(labels.weights, shapeOf(loss)), all), {}));
}

static void nllLoss(Node &n) {
  n.set(negativeLogLikelihood(n, n.data(0)));
}

static Value logSoftmaxAlong(Node &n, Value x, int64_t axis) {
  Arithmetic a(n);
  return a.swapLast(n.emit<nn::LogSoftmaxOp>(a.swapLast(x, axis)), axis);
}

static void crossEntropy(Node &n) {
  Value scores = n.data(0);
  if (scores && typeOf(scores).getRank() < 2)
    return n.error("needs scores of two dimensions or more");
  Value logs = logSoftmaxAlong(n, scores, 1);
  n.set(negativeLogLikelihood(n, logs));
  n.set(logs, 1);
}

static void logSoftmax(Node &n) {
  Value x = n.data(0);
  std::optional<int64_t> axis =
      x ? n.axis(n.intAttr("axis", -1), typeOf(x).getRank()) : std::nullopt;
  if (axis)
    n.set(logSoftmaxAlong(n, x, *axis));
}

void plimsoll::import::addLossOps(llvm::StringMap<OpEntry> &table) {
  table["LogSoftmax"].data = logSoftmax;
  table["NegativeLogLikelihoodLoss"].data = nllLoss;
  table["SoftmaxCrossEntropyLoss"].data = crossEntropy;
}
