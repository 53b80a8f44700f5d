//===- TimelineTable.h - one line for each timeline of a plan -----------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_TIMELINETABLE_H
#define PLIMSOLL_COMPILER_PIPELINE_TIMELINETABLE_H

#include "passes/memory/PlanOutcome.h"
#include "llvm/Support/JSON.h"

namespace plimsoll::pipeline {

/// The plan of one timeline in numbers.
struct TimelineRow {
  std::string name, kind; ///< "train_0", "train"
  double weight = 1;      ///< how often a training step runs it
  int64_t arenaBytes = 0; ///< residents included
  int64_t launches = 0, recomputed = 0;
  int64_t peakLaunch = 0; ///< from 1
  std::string peakNode;   ///< the node that runs there
  double seconds = 0;     ///< predicted
};

/// Returns the timelines of a plan, in the order of the program.
std::vector<TimelineRow> timelineRows(const memory::PlanOutcome &outcome);
llvm::json::Array toJson(const std::vector<TimelineRow> &rows);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_TIMELINETABLE_H
