//===- Sweep.h - arena against predicted time --------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_SWEEP_H
#define PLIMSOLL_COMPILER_PIPELINE_SWEEP_H

#include "passes/planner/Solution.h"
#include "llvm/Support/JSON.h"
#include <string>

namespace plimsoll::pipeline {

/// The planner's frontier: a table, the same for scripts, and a picture.
std::string sweepText(const planner::Solution &solution);
llvm::json::Array sweepJson(const planner::Solution &solution);
/// What checkpointing by rule would take, to compare with.
llvm::json::Array policiesJson(const planner::Solution &solution);
std::string sweepSvg(const planner::Solution &solution);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_SWEEP_H
