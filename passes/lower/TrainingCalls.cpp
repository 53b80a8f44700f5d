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

/// result `i` as a buffer number
static constexpr int64_t result(int64_t i) {
  return -1 - i;
}
static constexpr int64_t kAbsent = KernelCall::kAbsent;

static double number(std::optional<APFloat> given, double otherwise) {
  return given ? given->convertToDouble() : otherwise;
}

// Losses --------------------------------------------------------------------

static SmallVector<int64_t> rowsAndClasses(Value logits) {
  int64_t classes = tensorType(logits).getShape().back();
  return {classes ? elements(logits) / classes : 0, classes};
}

/// `buffers` and, where the loss has options, those behind them.
template <typename Op>
static KernelCall crossEntropy(Op op, StringRef kernel, SmallVector<int64_t> buffers) {
  ArrayRef<int64_t> shape = tensorType(op.getLogits()).getShape();
  int64_t classes = shape[op.getClassAxis()], inner = 1;
  for (int64_t size : shape.drop_front(op.getClassAxis() + 1))
    inner *= size;
  int64_t rows = classes ? elements(op.getLogits()) / classes : 0;
  KernelCall call{kernel.str(), std::move(buffers), {rows, classes}, {}};
  Value weights = op.getWeights();
  if (!weights && !op.getIgnoreIndex() && !op.getLabelSmoothing() && inner == 1)
    return typed(call, op.getLogits());
  call.buffers.push_back(weights ? int64_t(op->getNumOperands()) - 1 : kAbsent);
  call.sizes.append({int64_t(op.getIgnoreIndex().value_or(-100)), inner});
  call.scalars.push_back(number(op.getLabelSmoothing(), 0.0));
  return typed(call, op.getLogits());
}

template <typename Op>
static KernelCall klDivergence(Op op, StringRef kernel, SmallVector<int64_t> buffers) {
  SmallVector<int64_t> sizes = rowsAndClasses(op.getLogits());
  sizes.push_back(tensorType(op.getLogits()).getDimSize(0));
  return typed({kernel.str(), std::move(buffers), sizes, {op.getTemperature().convertToDouble()}},
               op.getLogits());
}

template <typename Op>
static KernelCall pointwiseLoss(Op op, StringRef kernel, SmallVector<int64_t> buffers) {
  return typed({kernel.str(),
                std::move(buffers),
                {elements(op.getX()), int64_t(op.getKind())},
                {number(op.getDelta(), 0.0)}},
               op.getX());
}

// Optimizers ----------------------------------------------------------------

/// `states`: the kernel's buffers between gradient and scalars, as operands or absent.
/// The order is that of runtime/kernels/Update.h.
template <typename Op>
static KernelCall update(Op op, StringRef kernel, ArrayRef<int64_t> states, ArrayRef<int64_t> sizes,
                         ArrayRef<double> scalars) {
  KernelCall call{kernel.str(), {0, 1}, {elements(op.getParam()), op.getDecayed()}, {}};
  llvm::append_range(call.buffers, states);
  call.buffers.push_back(2 + Op::kStates);
  if (op.getClipScale())
    call.buffers.push_back(3 + Op::kStates);
  llvm::append_range(call.sizes, sizes);
  llvm::append_range(call.scalars, scalars);
  if (op.getLrScale() || op.getDecay() || op.getClipValue())
    call.scalars.append({number(op.getLrScale(), 1.0), number(op.getDecay(), -1.0),
                         number(op.getClipValue(), 0.0)});
  return call;
}

template <typename Op> static KernelCall adam(Op op, StringRef kernel) {
  return update(op, kernel, {2, 3}, {},
                {op.getBeta1().convertToDouble(), op.getBeta2().convertToDouble(),
                 op.getEpsilon().convertToDouble()});
}

static KernelCall clipByNorm(nn::ClipByNormOp op) {
  int64_t count = op.getSquares().size();
  KernelCall call{"clip_by_norm", {}, {count}, {op.getMaxNorm().convertToDouble()}, true};
  llvm::append_range(call.buffers, llvm::seq<int64_t>(0, count));
  call.buffers.append({result(0), result(1)});
  return call;
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
        return update(op, "sgd", {2}, {op.getNesterov()}, {op.getMomentum().convertToDouble()});
      })
      .Case([](nn::SgdPlainOp op) { return update(op, "sgd", {kAbsent}, {0}, {0.0}); })
      .Case([](nn::LionOp op) {
        return update(op, "lion", {2}, {},
                      {op.getBeta1().convertToDouble(), op.getBeta2().convertToDouble()});
      })
      .Case([](nn::AdagradOp op) {
        return update(op, "adagrad", {2}, {}, {op.getEpsilon().convertToDouble()});
      })
      .Case([](nn::RmspropOp op) {
        return update(op, "rmsprop", {2, kAbsent}, {},
                      {op.getAlpha().convertToDouble(), op.getEpsilon().convertToDouble(), 0.0});
      })
      .Case([](nn::RmspropMomentumOp op) {
        return update(op, "rmsprop", {2, 3}, {},
                      {op.getAlpha().convertToDouble(), op.getEpsilon().convertToDouble(),
                       op.getMomentum().convertToDouble()});
      })
      .Case([](nn::AccumulateOp op) {
        return KernelCall{"accumulate", {0, 1, 2}, {elements(op.getSum())}, {}};
      })
      .Case([](nn::SumSquaresOp op) {
        return KernelCall{"sum_squares", {0, result(0)}, {elements(op.getX())}, {}, true};
      })
      .Case([](nn::ClipByNormOp op) { return clipByNorm(op); })
      .Default([](Operation *) { return Call(); });
}

std::optional<KernelCall> plimsoll::lower::trainingCall(Operation *op) {
  std::optional<KernelCall> call = lossCall(op);
  return call ? call : updateCall(op);
}
