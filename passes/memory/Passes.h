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

/// `outcome`, if given, receives the plan, or why there is none.
std::unique_ptr<mlir::Pass> createPlanMemoryPass(const planner::Options &options,
                                                 PlanOutcome *outcome = nullptr);
} // namespace plimsoll::memory

#endif // PLIMSOLL_PASSES_MEMORY_PASSES_H
