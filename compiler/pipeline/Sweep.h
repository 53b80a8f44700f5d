//===- Sweep.h - arena against predicted time --------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_SWEEP_H
#define PLIMSOLL_COMPILER_PIPELINE_SWEEP_H

#include "passes/memory/PlanOutcome.h"
#include "llvm/Support/JSON.h"
#include <string>

namespace plimsoll::pipeline {

/// The planner's frontier: a table, and the same for scripts.
std::string sweepText(const memory::PlanOutcome &outcome);
llvm::json::Array sweepJson(const memory::PlanOutcome &outcome);
/// What checkpointing by rule would take, to compare with.
llvm::json::Array policiesJson(const memory::PlanOutcome &outcome);

/// The picture under `title`: the planner's plans as a line, checkpointing by rule as single
/// points with the names of the rules.
std::string sweepSvg(const memory::PlanOutcome &outcome, llvm::StringRef title);

/// The training step's predicted time, relative to the step that repeats nothing.
double relativeStep(const memory::PlanOutcome &outcome, const std::vector<double> &costs);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_SWEEP_H
