//===- PlanMemory.cpp - find a plan that fits, and write it down --------------===//
#include "dialects/nn/Functions.h"
#include "dialects/nn/Timelines.h"
#include "dialects/plan/PlanDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/memory/ApplyPlan.h"
#include "passes/memory/Passes.h"
#include "passes/memory/StepProblem.h"
#include "passes/planner/Validate.h"
#include "llvm/Support/FormatVariadic.h"

namespace plimsoll::memory {
#define GEN_PASS_DEF_PLANMEMORYPASS
#include "passes/memory/Passes.h.inc"
} // namespace plimsoll::memory

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::memory;

static std::string mebibytes(int64_t bytes) {
  return llvm::formatv("{0:f1} MiB", bytes / 1048576.0);
}

/// Returns the sums of what is alive at the peak of the smallest plan, residents and transients.
static std::string describeSums(const planner::Refusal &refusal) {
  int64_t resident = 0, transient = 0;
  for (const planner::LiveValue &value : refusal.live)
    (value.lifetime == planner::Lifetime::Resident ? resident : transient) += value.bytes;
  return "\n      " + mebibytes(resident) + "   parameters, optimizer state and constants" +
         "\n      " + mebibytes(transient) + "   other values, of which the largest are:";
}

/// Attaches a note at the launch that binds, and one at each of the largest transients alive there.
static void describePeak(InFlightDiagnostic &error, const StepProblem &step,
                         const planner::Result &result) {
  constexpr size_t kShown = 8;
  const planner::Refusal &refusal = *result.refusal;
  if (refusal.op == planner::none)
    return;
  error.attachNote(step.operation(refusal.timeline, refusal.op)->getLoc())
      << "the binding launch is " << refusal.position + 1 << " of "
      << result.solution.timelines[refusal.timeline].events.size() << ", " << refusal.opName
      << ", where these are alive:" << describeSums(refusal);
  size_t shown = 0;
  for (const planner::LiveValue &value : refusal.live)
    if (value.lifetime != planner::Lifetime::Resident && shown++ < kShown)
      error.attachNote(step.location(value.value)) << mebibytes(value.bytes) << "   " << value.name;
}

namespace {

struct PlanMemoryPass : memory::impl::PlanMemoryPassBase<PlanMemoryPass> {
  using PlanMemoryPassBase::PlanMemoryPassBase;
  PlanMemoryPass(const planner::Options &options, PlanOutcome *outcome)
      : given(options), outcome(outcome) {}

  void runOnOperation() override {
    SmallVector<func::FuncOp> timelines = nn::timelinesOf(getOperation());
    if (timelines.empty())
      return fail("the module has no timeline: no function has the attribute nn.timeline");
    for (func::FuncOp function : timelines)
      if (failed(nn::checkFunction(function)))
        return signalPassFailure();
    FailureOr<StepProblem> step = StepProblem::extract(timelines);
    if (failed(step))
      return signalPassFailure();
    FailureOr<planner::Options> options = plannerOptions();
    if (failed(options))
      return signalPassFailure();
    planner::Result result = planner::solve(step->problem(), *options);
    if (outcome)
      *outcome = {step->problem(), result, kindsOf(timelines), step->gradientOf(), step->copyOf()};
    if (!result.ok())
      return refuse(*step, result);
    const std::vector<std::string> broken = planner::validate(step->problem(), result.solution);
    for (const std::string &error : broken)
      fail("the planner's answer is wrong: " + error);
    if (broken.empty() && failed(applyPlan(getOperation(), *step, result.solution)))
      signalPassFailure();
  }

private:
  static std::vector<nn::TimelineKind> kindsOf(ArrayRef<func::FuncOp> timelines) {
    std::vector<nn::TimelineKind> kinds;
    for (func::FuncOp function : timelines)
      kinds.push_back(nn::timelineOf(function).getKind());
    return kinds;
  }

  void fail(const Twine &message) {
    getOperation().emitError(message);
    signalPassFailure();
  }

  /// Returns the options given to the pass, or, in plimsoll-opt, those in the text of the pipeline.
  FailureOr<planner::Options> plannerOptions() {
    if (given)
      return *given;
    planner::Options options;
    if (budget >= 0)
      options.budget = budget;
    options.keepOrder = keepOrder;
    options.recompute = recompute;
    options.fullFrontier = frontier;
    if (checkpointEvery >= 0)
      options.checkpointEvery = static_cast<int32_t>(checkpointEvery);
    if (effort == "fast")
      options.effort = planner::Effort::Fast;
    else if (effort == "max")
      options.effort = planner::Effort::Max;
    else if (effort != "normal")
      return getOperation().emitError("unknown effort '")
             << effort << "', expected fast, normal or max";
    return options;
  }

  void refuse(const StepProblem &step, const planner::Result &result) {
    for (const std::string &error : result.errors)
      fail(error);
    if (!result.refusal)
      return;
    const planner::Refusal &refusal = *result.refusal;
    InFlightDiagnostic error = getOperation().emitError("no plan fits in ");
    error << refusal.budget << " bytes (" << mebibytes(refusal.budget)
          << ")\n  smallest plan found: " << refusal.smallestArena << " bytes ("
          << mebibytes(refusal.smallestArena) << "); no plan can be below " << refusal.lowerBound
          << " bytes (proven)";
    describePeak(error, step, result);
    signalPassFailure();
  }

  std::optional<planner::Options> given;
  PlanOutcome *outcome = nullptr;
};

} // namespace

std::unique_ptr<Pass> plimsoll::memory::createPlanMemoryPass(const planner::Options &options,
                                                             PlanOutcome *outcome) {
  return std::make_unique<PlanMemoryPass>(options, outcome);
}
