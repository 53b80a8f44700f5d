//===- TrainingCalls.cpp - kernels of losses and optimizers --------------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"
#include "passes/lower/KernelCalls.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::lower;
using nn::tensorType;

static int64_t elements(Value value) {
  return tensorType(value).getNumElements();
}

static constexpr int64_t kAbsent = KernelCall::kAbsent;

static double number(std::optional<APFloat> given, double otherwise) {
  return given ? given->convertToDouble() : otherwise;
}

// Losses --------------------------------------------------------------------

/// Returns the call of a cross entropy. If the loss has options, class weights (or none) are
/// appended to `buffers`.
template <typename Op> static KernelCall crossEntropy(Op op, StringRef kernel, Buffers buffers) {
  ArrayRef<int64_t> shape = tensorType(op.getLogits()).getShape();
  int64_t classes = shape[op.getClassAxis()], inner = 1;
  for (int64_t size : shape.drop_front(op.getClassAxis() + 1))
    inner *= size;
  exec::CrossEntropyArguments sizes = {.rows = classes ? elements(op.getLogits()) / classes : 0,
                                       .classes = classes};
  Value weights = op.getWeights();
  if (weights || op.getIgnoreIndex() || op.getLabelSmoothing() || inner != 1) {
    buffers.push_back(weights ? int64_t(op->getNumOperands()) - 1 : kAbsent);
    sizes.options = {.ignored = int64_t(op.getIgnoreIndex().value_or(-100)),
                     .inner = inner,
                     .smoothing = number(op.getLabelSmoothing(), 0.0)};
  }
  return typed(kernel, buffers, sizes, op.getLogits());
}

template <typename Op>
static KernelCall klDivergence(Op op, StringRef kernel, const Buffers &buffers) {
  ArrayRef<int64_t> shape = tensorType(op.getLogits()).getShape();
  int64_t classes = shape.back();
  return typed(kernel, buffers,
               exec::KlDivergenceArguments{.rows = classes ? elements(op.getLogits()) / classes : 0,
                                           .classes = classes,
                                           .batch = shape.front(),
                                           .temperature = op.getTemperature().convertToDouble()},
               op.getLogits());
}

template <typename Op>
static KernelCall pointwiseLoss(Op op, StringRef kernel, const Buffers &buffers) {
  return typed(kernel, buffers,
               exec::PointwiseLossArguments{.count = elements(op.getX()),
                                            .kind = exec::PointwiseLoss(op.getKind()),
                                            .delta = number(op.getDelta(), 0.0)},
               op.getX());
}

// Optimizers ----------------------------------------------------------------

/// Returns the call of an update. `states` are the kernel's buffers between gradient and scalars,
/// as operands or absent.
template <typename Op, typename Arguments>
static KernelCall update(Op op, StringRef kernel, ArrayRef<int64_t> states, Arguments arguments) {
  Buffers buffers = {0, 1};
  llvm::append_range(buffers, states);
  buffers.push_back(2 + Op::kStates);
  if (op.getClipScale())
    buffers.push_back(3 + Op::kStates);
  arguments.count = elements(op.getParam());
  arguments.decayed = op.getDecayed();
  if (op.getLrScale() || op.getDecay() || op.getClipValue())
    arguments.options = {.lrScale = number(op.getLrScale(), 1.0),
                         .decay = number(op.getDecay(), -1.0),
                         .limit = number(op.getClipValue(), 0.0)};
  return makeCall(kernel, buffers, arguments);
}

template <typename Op> static KernelCall adam(Op op, StringRef kernel) {
  return update(op, kernel, {2, 3},
                exec::AdamArguments{.beta1 = op.getBeta1().convertToDouble(),
                                    .beta2 = op.getBeta2().convertToDouble(),
                                    .epsilon = op.getEpsilon().convertToDouble()});
}

template <typename Op> static KernelCall rmsprop(Op op, int64_t momentumBuffer, double momentum) {
  return update(op, "rmsprop", {2, momentumBuffer},
                exec::RmspropArguments{.alpha = op.getAlpha().convertToDouble(),
                                       .epsilon = op.getEpsilon().convertToDouble(),
                                       .momentum = momentum});
}

static KernelCall clipByNorm(nn::ClipByNormOp op) {
  int64_t count = op.getSquares().size();
  Buffers buffers = llvm::to_vector(llvm::seq<int64_t>(0, count));
  buffers.append({result(0), result(1)});
  return ofAny(
      "clip_by_norm", buffers,
      exec::ClipByNormArguments{.count = count, .maxNorm = op.getMaxNorm().convertToDouble()});
}

static std::optional<KernelCall> lossCall(Operation *op) {
  using Call = std::optional<KernelCall>;
  return TypeSwitch<Operation *, Call>(op)
      .Case([](nn::CrossEntropyOp op) {
        return crossEntropy(op, "cross_entropy", {0, 1, result(0), result(1)});
      })
      .Case([](nn::CrossEntropyGradOp op) {
        return crossEntropy(op, "cross_entropy_grad", {0, 1, 2, result(0)});
      })
      .Case([](nn::CrossEntropyWithGradOp op) {
        return crossEntropy(op, "cross_entropy_with_grad", {0, 1, result(0), result(1), result(2)});
      })
      .Case([](nn::KlDivergenceOp op) {
        return klDivergence(op, "kl_divergence", {0, 1, result(0)});
      })
      .Case([](nn::KlDivergenceGradOp op) {
        return klDivergence(op, "kl_divergence_grad", {0, 1, 2, result(0)});
      })
      .Case([](nn::PointwiseLossOp op) {
        return pointwiseLoss(op, "pointwise_loss", {0, 1, result(0)});
      })
      .Case([](nn::PointwiseLossGradOp op) {
        return pointwiseLoss(op, "pointwise_loss_grad", {0, 1, 2, result(0)});
      })
      .Default([](Operation *) { return Call(); });
}

static std::optional<KernelCall> updateCall(Operation *op) {
  using Call = std::optional<KernelCall>;
  return TypeSwitch<Operation *, Call>(op)
      .Case([](nn::AdamWOp op) { return adam(op, "adamw"); })
      .Case([](nn::AdamOp op) { return adam(op, "adam"); })
      .Case([](nn::SgdOp op) {
        return update(op, "sgd", {2},
                      exec::SgdArguments{.nesterov = op.getNesterov(),
                                         .momentum = op.getMomentum().convertToDouble()});
      })
      .Case([](nn::SgdPlainOp op) { return update(op, "sgd", {kAbsent}, exec::SgdArguments{}); })
      .Case([](nn::LionOp op) {
        return update(op, "lion", {2},
                      exec::LionArguments{.beta1 = op.getBeta1().convertToDouble(),
                                          .beta2 = op.getBeta2().convertToDouble()});
      })
      .Case([](nn::AdagradOp op) {
        return update(op, "adagrad", {2},
                      exec::AdagradArguments{.epsilon = op.getEpsilon().convertToDouble()});
      })
      .Case([](nn::RmspropOp op) { return rmsprop(op, kAbsent, 0.0); })
      .Case([](nn::RmspropMomentumOp op) {
        return rmsprop(op, 3, op.getMomentum().convertToDouble());
      })
      .Case([](nn::AccumulateOp op) {
        return makeCall("accumulate", {0, 1, 2},
                        exec::AccumulateArguments{.count = elements(op.getSum())});
      })
      .Case([](nn::SumSquaresOp op) {
        return ofAny("sum_squares", {0, result(0)},
                     exec::SumSquaresArguments{.count = elements(op.getX())});
      })
      .Case([](nn::ClipByNormOp op) { return clipByNorm(op); })
      .Default([](Operation *) { return Call(); });
}

std::optional<KernelCall> plimsoll::lower::trainingCall(Operation *op) {
  std::optional<KernelCall> call = lossCall(op);
  return call ? call : updateCall(op);
}
