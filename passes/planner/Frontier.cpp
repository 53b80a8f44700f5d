//===- Frontier.cpp - the canonical ladder of plans ----------------------------------------===//

#include "passes/planner/Frontier.h"

#include "passes/planner/Choices.h"
#include "passes/planner/Order.h"
#include "passes/planner/Policies.h"

#include <algorithm>
#include <tuple>

namespace plimsoll::planner {

namespace {

int32_t rungCount(Effort effort) {
  return effort == Effort::Fast ? 12 : effort == Effort::Normal ? 24 : 48;
}

/// Returns the work allowed for one rung: enough for many ruins of a small problem, bounded for a
/// large one.
int64_t rungWork(Effort effort, size_t ops) {
  const int64_t normal =
      std::clamp<int64_t>(static_cast<int64_t>(ops) * 20'000, 100'000, 10'000'000);
  return effort == Effort::Fast ? normal / 8 : effort == Effort::Normal ? normal : normal * 10;
}

/// Returns a graph in which nothing is more expensive or larger than in any plan, so that bounds
/// proven for it hold for all plans: sizes are not rounded up, and every operation has its least
/// workspace and the seconds of its fastest alternative.
RematGraph optimisticGraph(const Problem &problem, const Timeline &timeline,
                           const Dependences &dependences, int64_t residentBytes) {
  RematGraph graph =
      makeRematGraph(problem, timeline, dependences, residentBytes, Alternatives::Least);
  for (size_t v = 0; v < problem.values.size(); ++v)
    graph.bytes[v] = graph.bytes[v] == 0 ? 0 : problem.values[v].bytes;
  for (size_t op = 0; op < timeline.ops.size(); ++op)
    graph.nodes[op].cost = timeline.ops[op].alternatives[0].seconds;
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
    planBound =
        std::max(planBound, footprintBound(optimisticGraph(problem, problem.timelines[t],
                                                           dependences, layout.residentBytes)));
    bases.push_back(order);
    add(first, t, placed(t, order, {}, first.spaceBytes, first.valid));
  }
  sequences = bases;
  finish(first);
  members.push_back(std::move(first));
}

TimelinePlan Frontier::placed(size_t t, const std::vector<int32_t> &sequence, const Manner &manner,
                              std::vector<int64_t> &spaceBytes, bool &valid) const {
  const Timeline &timeline = problem.timelines[t];
  TimelinePlan plan = makeTimeline(problem, timeline, sequence, manner);
  const Effort effort = options.effort == Effort::Max ? Effort::Normal : Effort::Fast;
  valid = placeTimeline(problem, timeline, layout, effort, plan, spaceBytes) && valid;
  return plan;
}

void Frontier::add(Member &member, size_t t, TimelinePlan plan) const {
  member.cost += problem.timelines[t].weight * plan.cost;
  member.seconds += plan.cost;
  member.timelines.push_back(std::move(plan));
}

void Frontier::finish(Member &member) const {
  member.arenaBytes = member.spaceBytes[0];
  for (SpaceId s = 1; s < std::ssize(problem.spaces) && member.overfull == none; ++s)
    if (problem.spaces[s].capacity != none && member.spaceBytes[s] > problem.spaces[s].capacity)
      member.overfull = s;
}

Member Frontier::checkpointed(int32_t every) const {
  Member member;
  member.valid = true;
  member.spaceBytes = layout.top;
  for (size_t t = 0; t < problem.timelines.size(); ++t) {
    const Timeline &timeline = problem.timelines[t];
    const std::vector<int32_t> sequence =
        checkpointedSequence(problem, timeline, Dependences(problem, timeline), bases[t], every);
    add(member, t, placed(t, sequence, {}, member.spaceBytes, member.valid));
  }
  finish(member);
  return member;
}

void Frontier::solveLadder() {
  if (solved)
    return;
  solved = true;
  if (options.recompute)
    climb(Style::Fast);
  if (canRunSmaller(problem)) {
    sequences = bases;
    climb(Style::Small);
  }
}

void Frontier::climb(Style style) {
  if (!exact)
    return climbToMissed(style);
  int64_t last = unconstrained().arenaBytes;
  for (const size_t limit = members.size() + 99;
       members.size() < limit && last > planBound && addRung(last - 1, style);)
    last = members.back().arenaBytes;
}

/// Tries targets in equal steps down to the bound. After four misses in a row, bisects between the
/// last target reached and the first one missed.
void Frontier::climbToMissed(Style style) {
  const int64_t top = unconstrained().arenaBytes, span = top - planBound;
  const int32_t rungs = rungCount(options.effort);
  int64_t reached = top, missed = planBound;
  int32_t failures = 0;
  for (int32_t k = 1; k <= rungs && span > 0 && failures < 4; ++k) {
    const int64_t target = top - span / rungs * k - span % rungs * k / rungs;
    if (addRung(target, style)) {
      reached = target;
      failures = 0;
    } else if (failures++ == 0) {
      missed = target;
    }
  }
  for (int32_t k = 0; k < 5 && failures > 0 && reached - missed > 1; ++k) {
    const int64_t target = missed + (reached - missed) / 2;
    if (addRung(target, style))
      reached = target;
    else
      missed = target;
  }
}

/// Recomputes until the packed bytes of every timeline are within `target`. Where packing exceeds
/// it, retries with a budget of live bytes that is lower by the excess. Returns true if the target
/// is reached.
bool Frontier::addRung(int64_t target, Style style) {
  Member member;
  member.valid = true;
  member.spaceBytes = layout.top;
  std::vector<std::vector<int32_t>> next = sequences;
  bool reached = true;
  for (size_t t = 0; t < problem.timelines.size(); ++t) {
    const Timeline &timeline = problem.timelines[t];
    const RematGraph graph =
        makeRematGraph(problem, timeline, Dependences(problem, timeline), layout.top[0],
                       style == Style::Fast ? Alternatives::First : Alternatives::Least);
    RematOptions remat;
    remat.budget = target;
    remat.work = rungWork(options.effort, timeline.ops.size());
    remat.stallWork = remat.work / 3;
    TimelinePlan plan;
    std::vector<int64_t> spaceBytes;
    for (int32_t attempt = 0; attempt < 4; ++attempt) {
      RematResult found = recompute(t, graph, remat, attempt);
      work += found.work;
      next[t] = std::move(found.sequence);
      Manner manner;
      if (style == Style::Small)
        manner = {fastestWithin(graph, problem, timeline, next[t], remat.budget), true};
      spaceBytes = layout.top;
      plan = placed(t, next[t], manner, spaceBytes, member.valid);
      if (found.feasible && spaceBytes[0] <= target)
        break;
      if (found.feasible)
        remat.budget -= spaceBytes[0] - target;
    }
    reached = reached && spaceBytes[0] <= target;
    add(member, t, std::move(plan));
    for (size_t s = 0; s < spaceBytes.size(); ++s)
      member.spaceBytes[s] = std::max(member.spaceBytes[s], spaceBytes[s]);
  }
  finish(member);
  if (!member.valid)
    return false;
  members.push_back(std::move(member));
  if (reached)
    sequences = std::move(next);
  return reached;
}

/// Returns a sequence of timeline `t` whose live bytes are within the budget of `remat`, if one is
/// found. The search starts from the last rung's sequence, at the last attempt from the one without
/// recomputation.
RematResult Frontier::recompute(size_t t, const RematGraph &graph, const RematOptions &remat,
                                int32_t attempt) {
  RematResult found;
  if (!options.recompute) {
    Liveness live(graph);
    live.run(bases[t]);
    found.sequence = bases[t];
    found.feasible = live.peak <= remat.budget;
    return found;
  }
  if (exact)
    found = rematerialiseExactly(graph, Dependences(problem, problem.timelines[t]), remat.budget);
  if (!found.feasible)
    found = rematerialise(graph, attempt < 3 ? sequences[t] : bases[t], remat);
  return found;
}

double Frontier::costBound(int64_t budget) const {
  double bound = 0;
  for (size_t t = 0; t < problem.timelines.size(); ++t)
    bound += problem.timelines[t].weight * timelineBound(t, budget);
  return bound;
}

/// Returns a lower bound on the cost of timeline `t`. If everything runs on the main stream: each
/// operation once, and the recomputation that the budget forces. Otherwise: the load of the busiest
/// resource.
double Frontier::timelineBound(size_t t, int64_t budget) const {
  const Timeline &timeline = problem.timelines[t];
  std::vector<double> busy(problem.resources.size(), 0.0);
  for (const Op &op : timeline.ops)
    busy[op.resource] += op.alternatives[0].seconds;
  if (std::any_of(timeline.ops.begin(), timeline.ops.end(),
                  [](const Op &op) { return op.resource != 0; }))
    return *std::max_element(busy.begin(), busy.end());
  const Dependences dependences(problem, timeline);
  const RematGraph graph = optimisticGraph(problem, timeline, dependences, layout.residentBytes);
  return members[0].timelines[t].baseCost + rematCostBound(graph, bases[t], budget);
}

const Member &Frontier::choose(int64_t budget) const {
  const Member *cheapest = nullptr, *smallest = &members[0];
  for (const Member &member : members) {
    if (std::pair(member.overfull != none, member.arenaBytes) <
        std::pair(smallest->overfull != none, smallest->arenaBytes))
      smallest = &member;
    if (fits(member, budget) &&
        (!cheapest || std::tuple(member.cost, member.seconds, member.arenaBytes) <
                          std::tuple(cheapest->cost, cheapest->seconds, cheapest->arenaBytes)))
      cheapest = &member;
  }
  return cheapest ? *cheapest : *smallest;
}

} // namespace plimsoll::planner
