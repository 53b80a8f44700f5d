//===- ValueKinds.h - what the values of a plan are ------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_VALUEKINDS_H
#define PLIMSOLL_COMPILER_PIPELINE_VALUEKINDS_H

#include "passes/memory/Passes.h"
#include <vector>

namespace plimsoll::pipeline {

enum class ValueKind { Resident, Input, Gradient, Activation };

/// The kind of each value of the problem. Residents are parameters, state and constants; what an
/// update takes for the gradient of one is a gradient.
std::vector<ValueKind> valueKinds(const memory::PlanOutcome &outcome);

/// Where each of the plan's placements stops to count as alive: at its end, or one event
/// earlier where its last reader writes its own result into the same bytes.
std::vector<int32_t> countedEnds(const planner::TimelinePlan &plan);

/// Bytes alive at each launch of the training timeline, by kind: one row for each of
/// `ValueKind`, then one of workspaces. Values count as they are, not rounded up.
struct LiveBytes {
  std::vector<std::vector<int64_t>> byKind;
  int64_t sum(size_t launch) const;
};
LiveBytes liveBytes(const memory::PlanOutcome &outcome);

/// The name of a row of `LiveBytes`.
const char *kindName(size_t row);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_VALUEKINDS_H
