//===- BuildCheck.cpp - the loss and its gradients, without updates ---------------===//
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Timelines.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/autodiff/Backward.h"
#include "passes/autodiff/Passes.h"
#include "passes/autodiff/RandomSource.h"
#include "passes/autodiff/TimelineParts.h"
#include "passes/autodiff/TrainingMode.h"

namespace plimsoll::autodiff {
#define GEN_PASS_DEF_BUILDCHECKPASS
#include "passes/autodiff/Passes.h.inc"
} // namespace plimsoll::autodiff

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::autodiff;

namespace {

struct BuildCheckPass : plimsoll::autodiff::impl::BuildCheckPassBase<BuildCheckPass> {
  using BuildCheckPassBase::BuildCheckPassBase;

  void runOnOperation() override {
    func::FuncOp forward = nn::findFunction(getOperation(), "forward");
    if (!forward)
      return signalPassFailure();
    if (failed(checkScaledRule(getOperation(), scaleRule)) || failed(build(forward)))
      signalPassFailure();
  }

private:
  LogicalResult build(func::FuncOp train) {
    Value loss = weigh ? weightedSum(train) : firstResult(train);
    if (!loss)
      return train.emitError(weigh ? "no result is floating point: there is nothing to "
                                     "differentiate"
                                   : "the first result of @forward must be a scalar loss");
    SmallVector<nn::ParameterOp> parameters;
    SmallVector<Value> loads;
    if (failed(setTrainingMode(train)))
      return failure();
    removeUpdates(train);
    returnOnly(train, loss);
    if (drawsNumbers(train))
      drawFrom(train, addHyper(train));
    train.setName("train");
    nn::setTimeline(train, nn::TimelineKind::train);
    func::FuncOp evaluate = train.clone();
    evaluate.setName("evaluate");
    nn::setTimeline(evaluate, nn::TimelineKind::evaluate);
    removeStopGradients(evaluate);
    getOperation().getBody()->getOperations().insertAfter(train->getIterator(), evaluate);
    if (failed(collectTrained(train, parameters, loads)))
      return failure();
    FailureOr<SmallVector<Value>> gradients = appendBackward(train, loss, loads, scaleRule);
    if (failed(gradients) || failed(leaveUnreached(train, parameters, loads, *gradients)))
      return failure();
    returnGradients(train, parameters, *gradients);
    return success();
  }

  /// Removes the stores that update running means and variances.
  static void removeUpdates(func::FuncOp train) {
    train.walk([](nn::StoreOp store) {
      Operation *update = store.getValue().getDefiningOp();
      store.erase();
      if (update && update->use_empty())
        update->erase();
    });
  }

  /// Returns the first result, the loss; null if it is not a floating-point scalar.
  static Value firstResult(func::FuncOp function) {
    if (function.getNumResults() == 0)
      return {};
    Value value = function.getBody().front().getTerminator()->getOperand(0);
    bool isLoss = nn::detail::isFloat(value.getType()) &&
                  cast<RankedTensorType>(value.getType()).getNumElements() == 1;
    return isLoss ? value : Value();
  }

  static void returnOnly(func::FuncOp function, Value loss) {
    (void)function.eraseResults(llvm::BitVector(function.getNumResults(), true));
    function.getBody().front().getTerminator()->setOperands({});
    addResult(function, loss, "loss");
  }
};

} // namespace
