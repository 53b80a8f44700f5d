//===- ValueKinds.cpp - kinds of the values of a plan --------------------------------===//
#include "compiler/pipeline/ValueKinds.h"
#include <set>

using namespace plimsoll;
using namespace plimsoll::pipeline;

std::vector<ValueKind> plimsoll::pipeline::valueKinds(const memory::PlanOutcome &outcome) {
  const planner::Problem &problem = outcome.problem;
  std::vector<ValueKind> kinds(problem.values.size(), ValueKind::Activation);
  for (size_t i = 0; i < kinds.size(); ++i)
    if (outcome.gradientOf[i] != planner::none)
      kinds[i] = ValueKind::Gradient;
    else if (outcome.copyOf[i] != planner::none)
      kinds[i] = ValueKind::WeightCopy;
  for (const planner::Timeline &timeline : problem.timelines)
    for (planner::ValueId id : timeline.liveAtStart)
      kinds[id] = ValueKind::Input;
  for (size_t i = 0; i < kinds.size(); ++i)
    if (problem.values[i].lifetime == planner::Lifetime::Resident)
      kinds[i] = ValueKind::Resident;
  return kinds;
}

std::vector<int32_t> plimsoll::pipeline::countedEnds(const planner::TimelinePlan &plan) {
  std::set<std::pair<int32_t, int64_t>> starts; // event and offset of each placement
  for (const planner::Placement &placement : plan.placements)
    starts.insert({placement.from, placement.offset});
  std::vector<int32_t> ends;
  for (const planner::Placement &placement : plan.placements)
    ends.push_back(placement.to - int(starts.count({placement.to - 1, placement.offset}) != 0 &&
                                      placement.to - 1 > placement.from));
  return ends;
}

/// The last row of `LiveBytes`: workspaces, which are not values.
static constexpr size_t kWorkspaceRow = size_t(ValueKind::Activation) + 1;

const char *plimsoll::pipeline::kindName(size_t row) {
  constexpr const char *kNames[] = {"parameters, state, constants",
                                    "inputs",
                                    "gradients",
                                    "copies of weights",
                                    "activations",
                                    "workspace"};
  return kNames[row];
}

int64_t LiveBytes::sum(size_t launch) const {
  int64_t total = 0;
  for (const std::vector<int64_t> &row : byKind)
    total += row[launch];
  return total;
}

LiveBytes plimsoll::pipeline::liveBytes(const memory::PlanOutcome &outcome) {
  const planner::Solution &solution = outcome.result.solution;
  const planner::TimelinePlan &plan = outcome.plan();
  int32_t launches = std::max<int32_t>(1, plan.events.size());
  std::vector<ValueKind> kinds = valueKinds(outcome);
  LiveBytes bytes;
  bytes.byKind.assign(kWorkspaceRow + 1, std::vector<int64_t>(launches, 0));
  std::vector<int32_t> ends = countedEnds(plan);
  for (size_t i = 0; i < plan.placements.size(); ++i) {
    const planner::Placement &placement = plan.placements[i];
    std::vector<int64_t> &row = bytes.byKind[size_t(kinds[placement.value])];
    for (int32_t p = placement.from; p < std::min(ends[i], launches); ++p)
      row[p] += outcome.problem.values[placement.value].bytes;
  }
  for (const planner::WorkspacePlacement &workspace : plan.workspaces)
    bytes.byKind[kWorkspaceRow][workspace.position] += workspace.bytes;
  bytes.byKind[size_t(ValueKind::Resident)].assign(launches, solution.statistics.residentBytes);
  return bytes;
}
