//===- Passes.h - planning memory ----------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_MEMORY_PASSES_H
#define PLIMSOLL_PASSES_MEMORY_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/memory/PlanOutcome.h"
#include <memory>

namespace plimsoll::memory {
#define GEN_PASS_DECL
#include "passes/memory/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/memory/Passes.h.inc"

/// Creates plan-memory. `outcome`, if not null, receives the problem and the plan, or why there is
/// none; it must outlive the pass.
std::unique_ptr<mlir::Pass> createPlanMemoryPass(const planner::Options &options,
                                                 PlanOutcome *outcome = nullptr);
} // namespace plimsoll::memory

#endif // PLIMSOLL_PASSES_MEMORY_PASSES_H
