//===- Sweep.h - arena against predicted time --------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_SWEEP_H
#define PLIMSOLL_COMPILER_PIPELINE_SWEEP_H

#include "passes/memory/PlanOutcome.h"
#include "llvm/Support/JSON.h"
#include <string>

namespace plimsoll::pipeline {

/// Returns the planner's frontier as a table, or for scripts.
std::string sweepText(const memory::PlanOutcome &outcome);
llvm::json::Array sweepJson(const memory::PlanOutcome &outcome);
/// Returns arena and cost of checkpointing by rule, for comparison.
llvm::json::Array policiesJson(const memory::PlanOutcome &outcome);

/// Returns a picture under `title`: the planner's plans as a line, checkpointing by rule as points
/// with the names of the rules.
std::string sweepSvg(const memory::PlanOutcome &outcome, llvm::StringRef title);

/// Returns the predicted time of a training step whose timelines cost `costs`, relative to a step
/// without recomputation.
double relativeStep(const memory::PlanOutcome &outcome, const std::vector<double> &costs);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_SWEEP_H
