//===- TrainingCalls.cpp - kernels of losses and optimizers --------------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/States.h"
#include "dialects/nn/TensorType.h"
#include "dialects/support/OptimizerKinds.h"
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
  if (std::optional<int64_t> first = op.getFirstRow()) {
    sizes.rowsBefore = *first;
    sizes.rowsBehind = elements(op.getLabels()) - sizes.rows - *first;
  }
  Value weights = op.getWeights();
  if (weights || op.getIgnoreIndex() || op.getLabelSmoothing() || inner != 1) {
    buffers.push_back(weights ? int64_t(op->getNumOperands()) - 1 : kAbsent);
    sizes.options = {.ignored = int64_t(op.getIgnoreIndex().value_or(-100)),
                     .inner = inner,
                     .smoothing = number(op.getLabelSmoothing(), 0.0)};
  }
  return ofType(kernel, buffers, sizes, op.getLogits());
}

template <typename Op>
static KernelCall klDivergence(Op op, StringRef kernel, const Buffers &buffers) {
  ArrayRef<int64_t> shape = tensorType(op.getLogits()).getShape();
  int64_t classes = shape.back();
  return ofType(
      kernel, buffers,
      exec::KlDivergenceArguments{.rows = classes ? elements(op.getLogits()) / classes : 0,
                                  .classes = classes,
                                  .batch = op.getBatch() ? int64_t(*op.getBatch()) : shape.front(),
                                  .temperature = op.getTemperature().convertToDouble()},
      op.getLogits());
}

template <typename Op>
static KernelCall pointwiseLoss(Op op, StringRef kernel, const Buffers &buffers) {
  return ofType(kernel, buffers,
                exec::PointwiseLossArguments{.count = elements(op.getX()),
                                             .kind = exec::PointwiseLoss(op.getKind()),
                                             .delta = number(op.getDelta(), 0.0)},
                op.getX());
}

// Optimizers ----------------------------------------------------------------

/// Returns the call of an update of parameters with these numbers of elements: the kernel of the
/// rule's name, for what its states are kept in, with the numbers and flags of `op`, one of the
/// updates.
static KernelCall update(Operation *op, const UpdateRule &rule, Buffers buffers,
                         ArrayRef<int64_t> counts) {
  KernelCall call = {{rule.name.str(), nn::storedStates(op)}, std::move(buffers), {}, {}};
  call.anyType = call.kernel.type != ElementType::f32; // the op's verifier knows the others
  call.sizes = {op->hasAttr("decayed")};
  for (StringRef flag : rule.flags)
    call.sizes.push_back(op->hasAttr(flag));
  call.sizes.append(counts.begin(), counts.end());
  auto given = [&](StringRef name, double otherwise) {
    auto number = op->getAttrOfType<FloatAttr>(name);
    return number ? number.getValueAsDouble() : otherwise;
  };
  for (StringRef name : rule.numbers)
    call.scalars.push_back(given(name, 0.0));
  if (op->hasAttr("lr_scale") || op->hasAttr("decay") || op->hasAttr("clip_value"))
    call.scalars.append({given("lr_scale", 1.0), given("decay", -1.0), given("clip_value", 0.0)});
  return call;
}

static KernelCall update(Operation *op, const UpdateRule &rule) {
  Buffers buffers = llvm::to_vector(llvm::seq<int64_t>(0, op->getNumOperands()));
  return update(op, rule, std::move(buffers), elements(op->getOperand(0)));
}

/// Returns the call of an update of rows. Its operands are the kernel's buffers, but for sums of
/// decay that it does not have.
static KernelCall updateRows(Operation *op, const RowsRule &rows) {
  const UpdateRule &rule = *findUpdateRule(rows.ofAll);
  RankedTensorType table = tensorType(op->getOperand(0));
  KernelCall call = update(op, rule, {}, {});
  call.kernel.name = rows.name.str();
  if (!rule.states.empty())
    call.kernel.type = *elementTypeOf(tensorType(op->getOperand(3)).getElementType());
  call.anyType = true; // sums of decay are f64
  int64_t count = tensorType(op->getOperand(2)).getDimSize(0);
  int64_t inner = table.clone(table.getShape().drop_front()).getNumElements();
  call.sizes.append({table.getDimSize(0), inner, count});
  call.buffers = llvm::to_vector(llvm::seq<int64_t>(0, op->getNumOperands()));
  if (!op->hasAttr("decayed"))
    call.buffers.insert(call.buffers.begin() + 3 + rule.states.size(), kAbsent);
  return call;
}

/// Returns the buffers of ops side by side: all first operands, all second ones, and so on for
/// `own` operands, then the others, which must be the same for all. Nothing if they are not.
static std::optional<Buffers> buffersSideBySide(ArrayRef<Operation *> ops, unsigned own) {
  Buffers buffers;
  auto add = [&](Operation *op, unsigned operand) {
    buffers.push_back(cast<BlockArgument>(op->getOperand(operand)).getArgNumber());
  };
  for (unsigned operand = 0; operand < own; ++operand)
    for (Operation *op : ops)
      add(op, operand);
  for (unsigned operand = own; operand < ops.front()->getNumOperands(); ++operand) {
    for (Operation *op : ops)
      if (op->getOperand(operand) != ops.front()->getOperand(operand))
        return std::nullopt;
    add(ops.front(), operand);
  }
  return buffers;
}

std::optional<KernelCall> plimsoll::lower::sideBySideCall(nn::LaunchOp launch) {
  SmallVector<Operation *> ops =
      llvm::map_to_vector(launch.getOps(), [](Operation &op) { return &op; });
  SmallVector<int64_t> counts =
      llvm::map_to_vector(ops, [](Operation *op) { return elements(op->getOperand(0)); });
  if (const UpdateRule *rule = findUpdateRule(ops.front()->getName().stripDialect())) {
    std::optional<Buffers> buffers = buffersSideBySide(ops, nn::ownOperands(ops.front()));
    bool alike = llvm::all_of(
        ops, [&](Operation *op) { return nn::storedStates(op) == nn::storedStates(ops.front()); });
    if (buffers && alike)
      return update(ops.front(), *rule, std::move(*buffers), counts);
  }
  if (auto statistics = dyn_cast<nn::BatchNormUpdateOp>(ops.front()))
    return batchNormUpdate(statistics, *buffersSideBySide(ops, ops.front()->getNumOperands()),
                           counts);
  return std::nullopt;
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
  if (const UpdateRule *rule = findUpdateRule(op->getName().stripDialect()))
    return update(op, *rule);
  if (const RowsRule *rows = findUpdateRowsRule(op->getName().stripDialect()))
    return updateRows(op, *rows);
  return TypeSwitch<Operation *, Call>(op)
      .Case([](nn::AccumulateOp op) {
        return makeCall("accumulate", {0, 1, 2},
                        exec::AccumulateArguments{.count = elements(op.getSum())});
      })
      .Case([](nn::KeepMicroBatchOp op) {
        int64_t batches = tensorType(op.getAll()).getDimSize(0);
        return ofType(
            "keep_micro_batch", {0, 1, 2},
            exec::KeepMicroBatchArguments{.batches = batches, .count = elements(op.getPart())},
            op.getAll());
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
