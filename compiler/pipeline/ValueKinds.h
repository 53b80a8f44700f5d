//===- ValueKinds.h - kinds of the values of a plan ------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_VALUEKINDS_H
#define PLIMSOLL_COMPILER_PIPELINE_VALUEKINDS_H

#include "passes/memory/Passes.h"
#include <vector>

namespace plimsoll::pipeline {

enum class ValueKind { Resident, Input, Gradient, WeightCopy, Activation };

/// Returns the kind of each value of the problem. Residents are parameters, state and constants;
/// what an update reads as the gradient of a resident is a gradient; a weight copy is a parameter
/// in another type.
std::vector<ValueKind> valueKinds(const memory::PlanOutcome &outcome);

/// Returns for each placement of a plan the event at which it stops counting as alive: its end, or
/// one event earlier if its last reader writes its result into the same bytes.
std::vector<int32_t> countedEnds(const planner::TimelinePlan &plan);

/// Bytes alive at each launch of the training timeline, by kind: one row for each `ValueKind`, then
/// one for workspaces. Sizes are not rounded up.
struct LiveBytes {
  std::vector<std::vector<int64_t>> byKind;
  int64_t sum(size_t launch) const;
};
LiveBytes liveBytes(const memory::PlanOutcome &outcome);

/// Returns the name of a row of `LiveBytes`.
const char *kindName(size_t row);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_VALUEKINDS_H
