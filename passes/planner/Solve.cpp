//===- Solve.cpp - from a Problem to a Solution ---------------------------------===//

#include "passes/planner/Solve.h"

#include "passes/planner/Dependences.h"
#include "passes/planner/Sequence.h"

#include <algorithm>

namespace plimsoll::planner {

namespace {

std::vector<LiveValue> liveAt(const Problem &problem, const Solution &solution, int32_t timeline,
                              int32_t position) {
  std::vector<LiveValue> live;
  std::vector<int64_t> offsets; // versions of one resident are listed once
  for (const Placement &p : solution.residents) {
    const Value &value = problem.values[p.value];
    if (p.space != 0 || std::count(offsets.begin(), offsets.end(), p.offset))
      continue;
    live.push_back({value.name, value.bytes, value.lifetime});
    offsets.push_back(p.offset);
  }
  for (const Placement &p : solution.timelines[timeline].placements)
    if (p.space == 0 && p.from <= position && position < p.to)
      live.push_back({problem.values[p.value].name, problem.values[p.value].bytes});
  std::stable_sort(live.begin(), live.end(),
                   [](const LiveValue &a, const LiveValue &b) { return a.bytes > b.bytes; });
  return live;
}

Refusal refuse(const Problem &problem, const Solution &solution, int64_t budget) {
  Refusal refusal;
  refusal.budget = budget;
  refusal.smallestArena = solution.arenaBytes;
  refusal.lowerBound = solution.statistics.planBound;
  for (size_t t = 0; t < solution.timelines.size(); ++t)
    if (solution.timelines[t].arenaBytes > solution.timelines[refusal.timeline].arenaBytes)
      refusal.timeline = static_cast<int32_t>(t);
  const TimelinePlan &plan = solution.timelines[refusal.timeline];
  refusal.position = plan.peakPosition;
  if (refusal.position == none)
    return refusal;
  refusal.op = plan.events[refusal.position].op;
  if (refusal.op != none)
    refusal.opName = problem.timelines[refusal.timeline].ops[refusal.op].name;
  refusal.live = liveAt(problem, solution, refusal.timeline, refusal.position);
  return refusal;
}

} // namespace

Result solve(const Problem &problem, const Options &options) {
  Result result;
  result.errors = checkProblem(problem);
  if (!result.ok())
    return result;
  const ResidentLayout layout = layoutResidents(problem);
  Solution &solution = result.solution;
  solution.residents = layout.placements;
  solution.spaceBytes = layout.top;
  solution.statistics.residentBytes = layout.residentBytes;
  for (const Timeline &timeline : problem.timelines) {
    const Dependences dependences(problem, timeline);
    TimelinePlan plan = makeTimeline(problem, timeline, programOrder(timeline, dependences));
    if (!placeTimeline(problem, timeline, layout, options.effort, plan, solution.spaceBytes))
      result.errors.push_back(timeline.name +
                              ": pinned values are alive together in the same bytes");
    solution.statistics.cost += plan.cost;
    solution.statistics.baseCost += plan.baseCost;
    solution.statistics.orderBound = std::max(solution.statistics.orderBound, plan.maxLive);
    solution.timelines.push_back(std::move(plan));
  }
  solution.arenaBytes = solution.spaceBytes[0];
  solution.statistics.planBound = layout.residentBytes;
  if (options.budget && solution.arenaBytes > *options.budget)
    result.refusal = refuse(problem, solution, *options.budget);
  return result;
}

} // namespace plimsoll::planner
