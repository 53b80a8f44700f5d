//===- ChooseKernels.cpp - which kernel runs each launch, and how long --------===//
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/Timelines.h"
#include "dialects/plan/PlanDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/kernels/Passes.h"

namespace plimsoll::kernels {
#define GEN_PASS_DEF_CHOOSEKERNELSPASS
#include "passes/kernels/Passes.h.inc"
} // namespace plimsoll::kernels

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::kernels;

static LogicalResult chooseFor(nn::LaunchOp launch, const Target &target) {
  FailureOr<KernelChoice> choice = target.choose(launch);
  if (failed(choice))
    return failure();
  MLIRContext *context = launch.getContext();
  const KernelKey &kernel = choice->kernel;
  launch->setAttr(plan::kLaunchAttr,
                  plan::LaunchAttr::get(context, kernel.name, kernel.typeIn(context),
                                        kernel.precisionIn(context), choice->workspaceBytes,
                                        Builder(context).getF64FloatAttr(choice->seconds)));
  return success();
}

namespace {

struct ChooseKernelsPass : kernels::impl::ChooseKernelsPassBase<ChooseKernelsPass> {
  using ChooseKernelsPassBase::ChooseKernelsPassBase;
  explicit ChooseKernelsPass(std::shared_ptr<const Target> given) : given(std::move(given)) {}
  explicit ChooseKernelsPass(MakeTarget makeTarget) : makeTarget(std::move(makeTarget)) {}

  void runOnOperation() override {
    std::shared_ptr<const Target> chosen = given;
    std::string error;
    if (!chosen)
      chosen = makeTarget({target, threads, precision, device}, error);
    if (!chosen) {
      getOperation().emitError(error);
      return signalPassFailure();
    }
    LogicalResult status = success(); // report all ops that cannot run, not only the first
    for (func::FuncOp function : nn::timelinesOf(getOperation())) {
      if (failed(nn::checkFunction(function)))
        return signalPassFailure();
      for (auto launch : function.getBody().front().getOps<nn::LaunchOp>())
        if (failed(chooseFor(launch, *chosen)))
          status = failure();
    }
    if (failed(status))
      return signalPassFailure();
    getOperation()->setAttr(
        plan::kMachineAttr,
        plan::MachineAttr::get(&getContext(), chosen->threads(), chosen->alignment()));
  }

private:
  std::shared_ptr<const Target> given;
  MakeTarget makeTarget = [](const TargetRequest &, std::string &) {
    return std::make_shared<Target>();
  };
};

} // namespace

std::unique_ptr<Pass>
plimsoll::kernels::createChooseKernelsPass(std::shared_ptr<const Target> target) {
  return std::make_unique<ChooseKernelsPass>(std::move(target));
}

void plimsoll::kernels::registerChooseKernelsPass(MakeTarget makeTarget) {
  registerPass([makeTarget]() { return std::make_unique<ChooseKernelsPass>(makeTarget); });
}
