//===- Passes.h - planning memory ----------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_MEMORY_PASSES_H
#define PLIMSOLL_PASSES_MEMORY_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/memory/PlanOutcome.h"
#include "passes/memory/Target.h"
#include <memory>

namespace plimsoll::memory {
#define GEN_PASS_DECL
#include "passes/memory/Passes.h.inc"

/// Asks `target` about kernels. `outcome`, if given, receives the plan, or why there is none.
std::unique_ptr<mlir::Pass> createPlanMemoryPass(const planner::Options &options,
                                                 std::shared_ptr<const Target> target,
                                                 PlanOutcome *outcome = nullptr);
/// Registers `plan-memory` for plimsoll-opt, with the target that `makeTarget` gives.
void registerPlanMemoryPass(std::function<std::shared_ptr<const Target>()> makeTarget);
} // namespace plimsoll::memory

#endif // PLIMSOLL_PASSES_MEMORY_PASSES_H
