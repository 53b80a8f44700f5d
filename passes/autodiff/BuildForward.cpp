//===- BuildForward.cpp - the forward pass as a timeline of its own ----------------===//
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Timelines.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/autodiff/Backward.h"
#include "passes/autodiff/Passes.h"
#include "passes/autodiff/RandomSource.h"
#include "passes/autodiff/TimelineParts.h"

namespace plimsoll::autodiff {
#define GEN_PASS_DEF_BUILDFORWARDPASS
#include "passes/autodiff/Passes.h.inc"
} // namespace plimsoll::autodiff

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::autodiff;

namespace {

struct BuildForwardPass : plimsoll::autodiff::impl::BuildForwardPassBase<BuildForwardPass> {
  using BuildForwardPassBase::BuildForwardPassBase;

  void runOnOperation() override {
    func::FuncOp forward = nn::findFunction(getOperation(), "forward");
    if (!forward)
      return signalPassFailure();
    forward.setName("evaluate");
    nn::setTimeline(forward, nn::TimelineKind::evaluate);
    if (drawsNumbers(forward))
      drawFrom(forward, addHyper(forward));
    if (gradients && failed(addGradients(forward)))
      signalPassFailure();
    removeStopGradients(forward);
  }

private:
  static bool isHyper(func::FuncOp function, BlockArgument argument) {
    auto role = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), nn::kRoleAttr);
    return role && role.getValue() == "hyper";
  }

  LogicalResult addGradients(func::FuncOp function) {
    SmallVector<Value> leaves;
    for (BlockArgument argument : function.getArguments())
      if (nn::detail::isFloat(argument.getType()) && !isHyper(function, argument))
        leaves.push_back(argument);
    Value loss = weightedSum(function);
    if (!loss)
      return function.emitError("no result is floating point: there is nothing to differentiate");
    FailureOr<SmallVector<Value>> found = appendBackward(function, loss, leaves, scaleRule);
    if (failed(found))
      return failure();
    for (auto [leaf, gradient] : llvm::zip(leaves, *found))
      if (gradient) {
        unsigned argument = cast<BlockArgument>(leaf).getArgNumber();
        addResult(function, gradient, "gradient:" + nn::argumentName(function, argument));
      }
    return success();
  }
};

} // namespace
