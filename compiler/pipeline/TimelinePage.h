//===- TimelinePage.h - a plan as a picture ----------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_TIMELINEPAGE_H
#define PLIMSOLL_COMPILER_PIPELINE_TIMELINEPAGE_H

#include "passes/memory/Passes.h"
#include "llvm/Support/JSON.h"
#include <string>

namespace plimsoll::pipeline {

/// One self-contained HTML page of the training timeline: bytes alive by kind over the
/// launches, with the peak marked, and the arena as address by time. Works offline; the
/// peak stands in the element with id `peak`, in bytes.
std::string timelinePage(const memory::PlanOutcome &outcome, llvm::StringRef title);

/// Arena against predicted time of the planner's frontier: a table, the same for scripts,
/// and a picture.
std::string sweepText(const planner::Solution &solution);
llvm::json::Array sweepJson(const planner::Solution &solution);
std::string sweepSvg(const planner::Solution &solution);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_TIMELINEPAGE_H
