//===- ApplyPlan.h - write a plan into the training step -----------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_MEMORY_APPLYPLAN_H
#define PLIMSOLL_PASSES_MEMORY_APPLYPLAN_H

#include "mlir/IR/BuiltinOps.h"
#include "passes/memory/StepProblem.h"
#include "passes/planner/Solution.h"

namespace plimsoll::memory {

/// Makes the functions and symbols of `module` match `solution`. Fails, after diagnostics, if an op
/// has no place in it, or if it has events other than launches (copies, waits).
mlir::LogicalResult applyPlan(mlir::ModuleOp module, const StepProblem &step,
                              const planner::Solution &solution);

} // namespace plimsoll::memory

#endif // PLIMSOLL_PASSES_MEMORY_APPLYPLAN_H
