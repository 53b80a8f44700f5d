//===- ValueKinds.cpp - what the values of a plan are --------------------------------===//
#include "compiler/pipeline/ValueKinds.h"
#include <set>

using namespace plimsoll;
using namespace plimsoll::pipeline;

std::vector<ValueKind> plimsoll::pipeline::valueKinds(const planner::Problem &problem) {
  std::vector<ValueKind> kinds(problem.values.size(), ValueKind::Activation);
  for (const planner::Timeline &timeline : problem.timelines) {
    for (const planner::Op &op : timeline.ops)
      if (!op.overwrites.empty())
        for (planner::ValueId id : op.reads)
          kinds[id] = ValueKind::Gradient;
    for (planner::ValueId id : timeline.liveAtStart)
      kinds[id] = ValueKind::Input;
  }
  for (size_t i = 0; i < kinds.size(); ++i)
    if (problem.values[i].lifetime == planner::Lifetime::Resident)
      kinds[i] = ValueKind::Resident;
  return kinds;
}

std::vector<int32_t> plimsoll::pipeline::countedEnds(const planner::TimelinePlan &plan) {
  std::set<std::pair<int32_t, int64_t>> starts; // event and offset
  for (const planner::Placement &placement : plan.placements)
    starts.insert({placement.from, placement.offset});
  std::vector<int32_t> ends;
  for (const planner::Placement &placement : plan.placements)
    ends.push_back(placement.to - int(starts.count({placement.to - 1, placement.offset}) != 0 &&
                                      placement.to - 1 > placement.from));
  return ends;
}
