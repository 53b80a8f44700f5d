//===- Frontier.cpp - the canonical ladder of plans ----------------------------------------===//

#include "passes/planner/Frontier.h"

#include "passes/planner/Order.h"
#include "passes/planner/Policies.h"
#include "passes/planner/Remat.h"

#include <algorithm>

namespace plimsoll::planner {

namespace {

int32_t rungCount(Effort effort) {
  return effort == Effort::Fast ? 12 : effort == Effort::Normal ? 24 : 48;
}

/// Work of one rung: enough for many ruins of a small problem, bounded for a large one.
int64_t rungWork(Effort effort, size_t ops) {
  const int64_t normal =
      std::clamp<int64_t>(static_cast<int64_t>(ops) * 20'000, 100'000, 10'000'000);
  return effort == Effort::Fast ? normal / 8 : effort == Effort::Normal ? normal : normal * 10;
}

/// `graph` with values as large as they are, not rounded up: what is proven of it holds
/// for any packing.
RematGraph withExactBytes(RematGraph graph, const Problem &problem) {
  for (size_t v = 0; v < problem.values.size(); ++v)
    graph.bytes[v] = graph.bytes[v] == 0 ? 0 : problem.values[v].bytes;
  return graph;
}

} // namespace

Frontier::Frontier(const Problem &problem, const ResidentLayout &layout, const Options &options)
    : problem(problem), layout(layout), options(options) {
  Member first;
  first.valid = true;
  first.spaceBytes = layout.top;
  planBound = layout.residentBytes;
  for (size_t t = 0; t < problem.timelines.size(); ++t) {
    const Dependences dependences(problem, problem.timelines[t]);
    const RematGraph graph =
        makeRematGraph(problem, problem.timelines[t], dependences, layout.residentBytes);
    std::vector<int32_t> order = programOrder(problem.timelines[t], dependences);
    if (!options.keepOrder)
      order = lowPeakOrder(graph, dependences, order);
    exact = exact && isSmall(graph) && !options.keepOrder;
    planBound = std::max(planBound, footprintBound(withExactBytes(graph, problem)));
    bases.push_back(order);
    first.timelines.push_back(placed(t, order, first.spaceBytes, first.valid));
    first.cost += first.timelines.back().cost;
  }
  sequences = bases;
  first.arenaBytes = first.spaceBytes[0];
  members.push_back(std::move(first));
}

TimelinePlan Frontier::placed(size_t t, const std::vector<int32_t> &sequence,
                              std::vector<int64_t> &spaceBytes, bool &valid) const {
  const Timeline &timeline = problem.timelines[t];
  TimelinePlan plan = makeTimeline(problem, timeline, sequence);
  const Effort effort = options.effort == Effort::Max ? Effort::Normal : Effort::Fast;
  valid = placeTimeline(problem, timeline, layout, effort, plan, spaceBytes) && valid;
  return plan;
}

Member Frontier::checkpointed(int32_t every) const {
  Member member;
  member.valid = true;
  member.spaceBytes = layout.top;
  for (size_t t = 0; t < problem.timelines.size(); ++t) {
    const Timeline &timeline = problem.timelines[t];
    const std::vector<int32_t> sequence =
        checkpointedSequence(problem, timeline, Dependences(problem, timeline), bases[t], every);
    member.timelines.push_back(placed(t, sequence, member.spaceBytes, member.valid));
    member.cost += member.timelines.back().cost;
  }
  member.arenaBytes = member.spaceBytes[0];
  return member;
}

void Frontier::solveLadder() {
  if (solved || !options.recompute)
    return;
  solved = true;
  if (exact) {
    while (members.size() < 100 && members.back().arenaBytes > planBound &&
           addRung(members.back().arenaBytes - 1))
      ;
    return;
  }
  const int64_t top = unconstrained().arenaBytes, span = top - planBound;
  const int32_t rungs = rungCount(options.effort);
  int64_t reached = top, missed = planBound;
  int32_t failures = 0;
  for (int32_t k = 1; k <= rungs && span > 0 && failures < 2; ++k) {
    const int64_t target = top - span / rungs * k - span % rungs * k / rungs;
    if (addRung(target)) {
      reached = target;
      failures = 0;
    } else if (failures++ == 0) {
      missed = target;
    }
  }
  for (int32_t k = 0; k < 5 && failures > 0 && reached - missed > 1; ++k) {
    const int64_t target = missed + (reached - missed) / 2;
    (addRung(target) ? reached : missed) = target;
  }
}

/// Recomputes until the packed bytes of every timeline are within `target`; where
/// packing misses it, with a budget of live bytes that is lower by what was missed.
bool Frontier::addRung(int64_t target) {
  Member member;
  member.valid = true;
  member.spaceBytes = layout.top;
  std::vector<std::vector<int32_t>> next = sequences;
  bool reached = true;
  for (size_t t = 0; t < problem.timelines.size(); ++t) {
    const Timeline &timeline = problem.timelines[t];
    const Dependences dependences(problem, timeline);
    const RematGraph graph = makeRematGraph(problem, timeline, dependences, layout.top[0]);
    RematOptions remat;
    remat.budget = target;
    remat.work = rungWork(options.effort, timeline.ops.size());
    remat.stallWork = remat.work / 3;
    TimelinePlan plan;
    std::vector<int64_t> spaceBytes;
    for (int32_t attempt = 0; attempt < 4; ++attempt) {
      RematResult found;
      if (exact)
        found = rematerialiseExactly(graph, dependences, remat.budget);
      if (!found.feasible)
        found = rematerialise(graph, attempt < 3 ? sequences[t] : bases[t], remat);
      work += found.work;
      next[t] = std::move(found.sequence);
      spaceBytes = layout.top;
      plan = placed(t, next[t], spaceBytes, member.valid);
      if (found.feasible && spaceBytes[0] <= target)
        break;
      if (found.feasible)
        remat.budget -= spaceBytes[0] - target;
    }
    reached = reached && spaceBytes[0] <= target;
    member.cost += plan.cost;
    member.timelines.push_back(std::move(plan));
    for (size_t s = 0; s < spaceBytes.size(); ++s)
      member.spaceBytes[s] = std::max(member.spaceBytes[s], spaceBytes[s]);
  }
  member.arenaBytes = member.spaceBytes[0];
  if (member.valid)
    members.push_back(std::move(member));
  if (reached)
    sequences = std::move(next);
  return reached;
}

double Frontier::costBound(int64_t budget) const {
  double bound = 0;
  for (size_t t = 0; t < problem.timelines.size(); ++t) {
    const Dependences dependences(problem, problem.timelines[t]);
    const RematGraph graph = withExactBytes(
        makeRematGraph(problem, problem.timelines[t], dependences, layout.residentBytes), problem);
    bound += members[0].timelines[t].baseCost + rematCostBound(graph, bases[t], budget);
  }
  return bound;
}

const Member &Frontier::choose(int64_t budget) const {
  const Member *cheapest = nullptr, *smallest = &members[0];
  for (const Member &member : members) {
    if (member.arenaBytes < smallest->arenaBytes)
      smallest = &member;
    if (member.arenaBytes <= budget &&
        (!cheapest || std::pair(member.cost, member.arenaBytes) <
                          std::pair(cheapest->cost, cheapest->arenaBytes)))
      cheapest = &member;
  }
  return cheapest ? *cheapest : *smallest;
}

} // namespace plimsoll::planner
