//===- Solve.cpp - from a Problem to a Solution ---------------------------------===//

#include "passes/planner/Solve.h"

#include "passes/planner/Frontier.h"

#include <algorithm>
#include <utility>

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
    live.push_back({value.name, value.bytes, value.lifetime, p.value});
    offsets.push_back(p.offset);
  }
  for (const Placement &p : solution.timelines[timeline].placements)
    if (p.space == 0 && p.from <= position && position < p.to)
      live.push_back({problem.values[p.value].name, problem.values[p.value].bytes,
                      Lifetime::Transient, p.value});
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
  const Event &event = plan.events[refusal.position];
  refusal.op = event.kind == EventKind::Wait ? plan.events[event.waitsFor].op : event.op;
  if (refusal.op != none)
    refusal.opName = problem.timelines[refusal.timeline].ops[refusal.op].name;
  refusal.live = liveAt(problem, solution, refusal.timeline, refusal.position);
  return refusal;
}

std::vector<double> costsOf(const Member &member) {
  std::vector<double> costs;
  for (const TimelinePlan &plan : member.timelines)
    costs.push_back(plan.cost);
  return costs;
}

/// Returns the members that no other beats in both bytes and cost, the smallest first.
std::vector<FrontierPoint> pointsOf(const Frontier &frontier) {
  std::vector<FrontierPoint> points, kept;
  for (const Member &member : frontier.all()) {
    if (member.overfull != none)
      continue;
    int32_t recomputed = 0;
    for (const TimelinePlan &plan : member.timelines)
      recomputed += plan.recomputed;
    points.push_back({member.arenaBytes, member.cost, costsOf(member), recomputed});
  }
  std::sort(points.begin(), points.end(), [](const FrontierPoint &a, const FrontierPoint &b) {
    return std::pair(a.arenaBytes, a.cost) < std::pair(b.arenaBytes, b.cost);
  });
  for (const FrontierPoint &point : points)
    if (kept.empty() || point.cost < kept.back().cost)
      kept.push_back(point);
  return kept;
}

Solution makeSolution(const Problem &problem, const Frontier &frontier, const Member &member,
                      const ResidentLayout &layout, int64_t budget) {
  Solution solution;
  solution.timelines = member.timelines;
  solution.residents = layout.placements;
  solution.spaceBytes = member.spaceBytes;
  solution.arenaBytes = member.arenaBytes;
  Statistics &statistics = solution.statistics;
  statistics.residentBytes = layout.residentBytes;
  statistics.planBound = frontier.planBound;
  statistics.work = frontier.work;
  if (frontier.all().size() > 1)
    statistics.frontier = pointsOf(frontier);
  statistics.cost = member.cost;
  for (size_t t = 0; t < member.timelines.size(); ++t) {
    statistics.baseCost += problem.timelines[t].weight * member.timelines[t].baseCost;
    statistics.orderBound = std::max(statistics.orderBound, member.timelines[t].maxLive);
  }
  statistics.costBound = frontier.costBound(budget);
  return solution;
}

/// Lists the reads that would need a copy: the planner makes none, so a value must be in the space
/// where the reader's resource works.
std::vector<std::string> copiesNeeded(const Problem &problem) {
  std::vector<std::string> needed;
  for (const Timeline &timeline : problem.timelines)
    for (const Op &op : timeline.ops) {
      const SpaceId works = problem.resources[op.resource].space;
      for (ValueId v : op.reads)
        if (const Value &value = problem.values[v]; value.space != works)
          needed.push_back(timeline.name + ": '" + op.name + "' reads '" + value.name + "' in '" +
                           problem.spaces[works].name + "', but it is in '" +
                           problem.spaces[value.space].name + "', and no plan found here copies");
    }
  return needed;
}

std::string overfull(const Problem &problem, const Member &member) {
  const Space &space = problem.spaces[member.overfull];
  return "space '" + space.name + "': no plan found takes less than " +
         std::to_string(member.spaceBytes[member.overfull]) + " bytes of it, and it has " +
         std::to_string(space.capacity);
}

/// Returns the bytes that the arena may have.
int64_t budgetOf(const Problem &problem, const Options &options) {
  const int64_t capacity = problem.spaces[0].capacity;
  return std::min(options.budget.value_or(INT64_MAX), capacity == none ? INT64_MAX : capacity);
}

} // namespace

Result solve(const Problem &problem, const Options &options) {
  Result result;
  result.errors = checkProblem(problem);
  if (result.errors.empty())
    result.errors = copiesNeeded(problem);
  if (!result.ok())
    return result;
  const ResidentLayout layout = layoutResidents(problem);
  Frontier frontier(problem, layout, options);
  if (!frontier.unconstrained().valid) {
    result.errors.push_back("pinned values are alive together in the same bytes");
    return result;
  }
  const int64_t budget = budgetOf(problem, options);
  std::optional<Member> byRule;
  if (options.checkpointEvery)
    byRule = frontier.checkpointed(*options.checkpointEvery);
  if (byRule && !byRule->valid) {
    result.errors.push_back("checkpointing by this rule keeps pinned values of the same bytes "
                            "alive together");
    return result;
  }
  if (options.fullFrontier || (!byRule && !frontier.unconstrainedFits(budget)))
    frontier.solveLadder();
  const Member &member = byRule ? *byRule : frontier.choose(budget);
  if (member.overfull != none) {
    result.errors.push_back(overfull(problem, member));
    return result;
  }
  result.solution = makeSolution(problem, frontier, member, layout, budget);
  if (options.fullFrontier)
    for (auto [name, every] : {std::pair("sqrt", 0), {"every:8", 8}, {"every:32", 32}}) {
      const Member rule = frontier.checkpointed(every);
      if (rule.valid && rule.overfull == none)
        result.solution.statistics.policies.push_back(
            {name, rule.arenaBytes, rule.cost, costsOf(rule)});
    }
  if (result.solution.arenaBytes > budget)
    result.refusal = refuse(problem, result.solution, budget);
  return result;
}

} // namespace plimsoll::planner
