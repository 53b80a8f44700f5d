//===- ValidateTotals.cpp - are a solution's totals those of what is there? ----===//

#include "passes/planner/ValidateInternal.h"

#include <algorithm>

namespace plimsoll::planner {

namespace {

void checkTimeline(Validation &v, const Timeline &timeline, const TimelinePlan &plan,
                   int64_t live) {
  const int32_t length = static_cast<int32_t>(plan.events.size());
  const int64_t runs = std::count_if(plan.events.begin(), plan.events.end(),
                                     [](const Event &e) { return e.kind == EventKind::Run; });
  double baseCost = 0;
  for (const Op &op : timeline.ops)
    baseCost += op.alternatives[0].seconds;
  const std::string &name = timeline.name;
  v.require(Rule::timelineInArena, plan.arenaBytes <= v.solution.arenaBytes, name, ": takes ",
            plan.arenaBytes, " of ", v.solution.arenaBytes, " bytes of the arena");
  v.require(Rule::maxLiveCovers, plan.maxLive >= live, name, ": ", live, " bytes are live, not ",
            plan.maxLive);
  v.require(Rule::maxLiveInArena, plan.maxLive <= plan.arenaBytes, name, ": ", plan.maxLive,
            " bytes are live, it is said, in ", plan.arenaBytes);
  const bool isPosition = plan.peakPosition >= 0 && plan.peakPosition < length;
  v.require(Rule::peakExists, length == 0 || isPosition, name, ": the peak is at ",
            plan.peakPosition, " of ", length);
  v.require(Rule::baseCost, plan.baseCost == baseCost, name, ": its base cost is wrong");
  v.require(Rule::recomputed, plan.recomputed == runs - std::ssize(timeline.ops), name, ": ", runs,
            " runs, of which ", plan.recomputed, " recomputed");
}

int64_t residentBytes(const Validation &v) {
  std::vector<char> counted(v.problem.values.size(), 0);
  int64_t sum = 0;
  for (size_t value = 0; value < counted.size(); ++value)
    if (v.resident(static_cast<ValueId>(value)) && v.problem.values[value].space == 0 &&
        !counted[v.group[value]]) {
      counted[v.group[value]] = 1;
      sum += v.problem.values[value].bytes;
    }
  return sum;
}

} // namespace

void checkTotals(Validation &v, const std::vector<int64_t> &live) {
  const Solution &solution = v.solution;
  const Statistics &statistics = solution.statistics;
  v.require(Rule::arenaIsSpace, solution.arenaBytes == solution.spaceBytes[0], "the arena has ",
            solution.arenaBytes, " bytes, space 0 has ", solution.spaceBytes[0]);
  for (size_t s = 0; s < v.problem.spaces.size(); ++s)
    v.require(Rule::withinCapacity,
              v.problem.spaces[s].capacity == none ||
                  solution.spaceBytes[s] <= v.problem.spaces[s].capacity,
              "'", v.problem.spaces[s].name, "' has ", v.problem.spaces[s].capacity, " bytes, not ",
              solution.spaceBytes[s]);
  double cost = 0, baseCost = 0;
  int64_t maxLive = 0;
  for (size_t t = 0; t < v.problem.timelines.size(); ++t) {
    const TimelinePlan &plan = solution.timelines[t];
    checkTimeline(v, v.problem.timelines[t], plan, live[t]);
    cost += v.problem.timelines[t].weight * plan.cost;
    baseCost += v.problem.timelines[t].weight * plan.baseCost;
    maxLive = std::max(maxLive, plan.maxLive);
  }
  v.require(Rule::totalCost, statistics.cost == cost, "the cost is not the timelines' sum");
  v.require(Rule::totalBaseCost, statistics.baseCost == baseCost,
            "the base cost is not the timelines' sum");
  v.require(Rule::residentBytes, statistics.residentBytes == residentBytes(v), "residents have ",
            residentBytes(v), " bytes of the arena, not ", statistics.residentBytes);
  v.require(Rule::orderBound, statistics.orderBound == maxLive, "the order's bound is ",
            statistics.orderBound, ", the most live bytes ", maxLive);
  v.require(Rule::planBound, statistics.planBound <= solution.arenaBytes, "no plan is below ",
            statistics.planBound, " bytes, it is said");
}

} // namespace plimsoll::planner
