//===- BuildStep.cpp - make the training step of a loss -----------------------===//
//
// Clones @forward into @evaluate, turns it into @train: backward, then one update for
// each trainable parameter. Where the updates run is the plan's decision; here they
// stand at the end.
//===----------------------------------------------------------------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/autodiff/Backward.h"
#include "passes/autodiff/GradientRules.h"
#include "passes/autodiff/OwnLoss.h"
#include "passes/autodiff/Passes.h"
#include "passes/autodiff/TrainingMode.h"

namespace plimsoll::autodiff {
#define GEN_PASS_DEF_BUILDSTEPPASS
#include "passes/autodiff/Passes.h.inc"
} // namespace plimsoll::autodiff

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::autodiff;

/// Floats in the block of scalars that the host computes for a step.
static constexpr int64_t kHyperCount = 16;

namespace {

struct BuildStepPass : plimsoll::autodiff::impl::BuildStepPassBase<BuildStepPass> {
  using BuildStepPassBase::BuildStepPassBase;

  void runOnOperation() override {
    auto forward = getOperation().lookupSymbol<func::FuncOp>("forward");
    if (!forward)
      return fail("the module has no function @forward");
    auto loss = dyn_cast_or_null<RankedTensorType>(
        forward.getNumResults() ? forward.getResultTypes().front() : Type());
    if (!loss || loss.getNumElements() != 1 || !isa<FloatType>(loss.getElementType()))
      return fail("the first result of @forward must be a scalar loss; attach one with --loss");
    if (!loss.getElementType().isF32())
      return fail("the loss must be f32; training in another type is not possible yet");
    if (optimizer != "adamw" && optimizer != "sgd")
      return fail("unknown optimizer '" + optimizer + "', expected adamw or sgd");
    if (!scaleRule.empty() && llvm::none_of(gradientRules(), [&](const GradientRule &rule) {
          return rule.op == scaleRule;
        }))
      return fail("no gradient rule of '" + scaleRule + "'");

    func::FuncOp evaluate = forward.clone();
    evaluate.setName("evaluate");
    forward.setName("train");
    getOperation().getBody()->getOperations().insertAfter(forward->getIterator(), evaluate);
    separateOwnLoss(forward, evaluate);
    if (failed(buildTrain(forward)))
      signalPassFailure();
  }

private:
  void fail(const Twine &message) {
    getOperation().emitError(message);
    signalPassFailure();
  }

  LogicalResult buildTrain(func::FuncOp train) {
    SmallVector<nn::ParameterOp> parameters;
    SmallVector<Value> loads;
    if (failed(setTrainingMode(train)) || failed(collect(train, parameters, loads)))
      return failure();
    Value loss = train.getBody().front().getTerminator()->getOperand(0);
    FailureOr<SmallVector<Value>> gradients = appendBackward(train, loss, loads, scaleRule);
    if (failed(gradients) || failed(checkReached(parameters, *gradients)))
      return failure();
    Value hyper = addHyper(train);
    OpBuilder builder(train.getBody().front().getTerminator());
    for (auto [parameter, load, gradient] : llvm::zip(parameters, loads, *gradients))
      update(builder, parameter, load, gradient, hyper);
    if (keepGradients)
      returnGradients(train, parameters, *gradients);
    return success();
  }

  /// The trainable parameters that @train reads, each with the one op that loads it.
  LogicalResult collect(func::FuncOp train, SmallVectorImpl<nn::ParameterOp> &parameters,
                        SmallVectorImpl<Value> &loads) {
    DenseMap<StringRef, nn::LoadOp> first;
    train.walk([&](nn::LoadOp load) {
      auto [entry, isNew] = first.try_emplace(load.getSymbol(), load);
      if (!isNew)
        load.replaceAllUsesWith(entry->second.getValue());
    });
    for (auto parameter : getOperation().getOps<nn::ParameterOp>()) {
      if (!parameter.getTrainable())
        continue;
      nn::LoadOp load = first.lookup(parameter.getSymName());
      if (!load)
        continue;
      load->moveBefore(&train.getBody().front(), train.getBody().front().begin());
      parameters.push_back(parameter);
      loads.push_back(load.getValue());
    }
    if (parameters.empty())
      return getOperation().emitError("nothing to train: the loss reads no trainable parameter");
    for (auto [i, load] : llvm::enumerate(loads))
      if (i > 0)
        load.getDefiningOp()->moveAfter(loads[i - 1].getDefiningOp());
    return success();
  }

  LogicalResult checkReached(ArrayRef<nn::ParameterOp> parameters, ArrayRef<Value> gradients) {
    std::string missing;
    for (auto [parameter, gradient] : llvm::zip(parameters, gradients))
      if (!gradient)
        missing += "\n  " + nn::ParameterOp(parameter).getSymName().str();
    if (missing.empty())
      return success();
    return getOperation().emitError("no gradient of the loss reaches these parameters; freeze "
                                    "them with --freeze=REGEX:")
           << missing;
  }

  static Value addHyper(func::FuncOp train) {
    Builder builder(train.getContext());
    auto type = RankedTensorType::get({kHyperCount}, builder.getF32Type());
    auto attributes = builder.getDictionaryAttr(
        {builder.getNamedAttr(nn::kNameAttr, builder.getStringAttr("hyper")),
         builder.getNamedAttr(nn::kRoleAttr, builder.getStringAttr("hyper"))});
    unsigned index = train.getNumArguments();
    (void)train.insertArgument(index, type, attributes, train.getLoc());
    return train.getArgument(index);
  }

  /// The value of a fresh state symbol of `parameter`.
  Value state(OpBuilder &builder, nn::ParameterOp parameter, StringRef slot) {
    OpBuilder module(parameter->getContext());
    module.setInsertionPointAfter(lastState ? lastState : parameter.getOperation());
    std::string name = (parameter.getSymName() + "." + slot).str();
    lastState = nn::StateOp::create(module, parameter.getLoc(), name, parameter.getType(),
                                    parameter.getSymName(), slot);
    return nn::LoadOp::create(builder, parameter.getLoc(), parameter.getTensorType(), name);
  }

  void store(OpBuilder &builder, nn::ParameterOp parameter, Value value, StringRef slot = "") {
    std::string name = parameter.getSymName().str() + (slot.empty() ? "" : "." + slot.str());
    nn::StoreOp::create(builder, value.getLoc(), value, name);
  }

  void update(OpBuilder &builder, nn::ParameterOp parameter, Value load, Value gradient,
              Value hyper) {
    Location loc = parameter.getLoc();
    bool decayed = parameter.getDecayed();
    lastState = nullptr;
    if (optimizer == "adamw") {
      Value m = state(builder, parameter, "exp_avg"), v = state(builder, parameter, "exp_avg_sq");
      auto op = nn::AdamWOp::create(builder, loc, load, gradient, m, v, hyper, decayed,
                                    APFloat(double(beta1)), APFloat(double(beta2)),
                                    APFloat(double(epsilon)));
      store(builder, parameter, op.getNewParam());
      store(builder, parameter, op.getNewExpAvg(), "exp_avg");
      store(builder, parameter, op.getNewExpAvgSq(), "exp_avg_sq");
    } else if (momentum != 0.0) {
      Value buffer = state(builder, parameter, "momentum_buffer");
      auto op = nn::SgdOp::create(builder, loc, load, gradient, buffer, hyper, decayed,
                                  bool(nesterov), APFloat(double(momentum)));
      store(builder, parameter, op.getNewParam());
      store(builder, parameter, op.getNewMomentumBuffer(), "momentum_buffer");
    } else {
      auto op = nn::SgdPlainOp::create(builder, loc, load, gradient, hyper, decayed);
      store(builder, parameter, op.getNewParam());
    }
  }

  static void returnGradients(func::FuncOp train, ArrayRef<nn::ParameterOp> parameters,
                              ArrayRef<Value> gradients) {
    Operation *terminator = train.getBody().front().getTerminator();
    Builder builder(train.getContext());
    for (auto [parameter, gradient] : llvm::zip(parameters, gradients)) {
      unsigned index = train.getNumResults();
      auto name = builder.getStringAttr("gradient:" + nn::ParameterOp(parameter).getSymName());
      auto attributes = builder.getDictionaryAttr({builder.getNamedAttr(nn::kNameAttr, name)});
      (void)train.insertResult(index, gradient.getType(), attributes);
      terminator->insertOperands(terminator->getNumOperands(), gradient);
    }
  }

  Operation *lastState = nullptr;
};

} // namespace
