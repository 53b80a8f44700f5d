//===- Exhaustive.h - optima of tiny problems, by exhaustive search -------------===//

#pragma once

#include "passes/planner/Problem.h"

#include <algorithm>
#include <bit>
#include <map>
#include <queue>

namespace plimsoll::planner::test {

/// Returns the least cost of any order and any recomputation whose live bytes stay within
/// `budget` (a lower bound of packed bytes); negative if there is none.
/// Dijkstra over (values alive, operations done). One timeline. With `order` the
/// operations run for the first time in that order.
inline double exhaustiveCost(const Problem &problem, int64_t budget,
                             const std::vector<OpId> &order = {}) {
  const Timeline &timeline = problem.timelines[0];
  int64_t residents = 0;
  for (const Value &value : problem.values)
    residents += value.lifetime == Lifetime::Resident ? value.bytes : 0;
  auto bytesOf = [&](uint32_t live) {
    int64_t sum = residents;
    for (size_t v = 0; v < problem.values.size(); ++v)
      sum += live >> v & 1 ? problem.values[v].bytes : 0;
    return sum;
  };
  using State = std::pair<uint32_t, uint32_t>; // alive, done
  std::map<State, double> best;
  using Entry = std::pair<double, State>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  auto reach = [&](State state, double cost) {
    const auto [it, fresh] = best.insert({state, cost});
    if (!fresh && it->second <= cost)
      return;
    it->second = cost;
    queue.push({cost, state});
  };
  uint32_t start = 0, end = 0;
  for (ValueId v : timeline.liveAtStart)
    start |= 1u << v;
  for (ValueId v : timeline.liveAtEnd)
    end |= 1u << v;
  if (bytesOf(start) > budget)
    return -1;
  reach({start, 0}, 0);
  while (!queue.empty()) {
    const auto [cost, state] = queue.top();
    queue.pop();
    if (cost > best[state])
      continue;
    const auto [live, done] = state;
    if (done + 1 == 1u << timeline.ops.size() && (live & end) == end)
      return cost;
    for (size_t v = 0; v < problem.values.size(); ++v)
      if (live >> v & 1)
        reach({live & ~(1u << v), done}, cost);
    for (size_t o = 0; o < timeline.ops.size(); ++o) {
      const Op &op = timeline.ops[o];
      uint32_t reads = 0, writes = 0;
      for (ValueId v : op.reads)
        reads |= problem.values[v].lifetime == Lifetime::Transient ? 1u << v : 0;
      for (ValueId v : op.writes)
        writes |= 1u << v;
      bool allowed = (live & reads) == reads &&
                     (!(done >> o & 1) || (op.recomputable && op.overwrites.empty()));
      const bool isNext = order.empty() || order[std::popcount(done)] == static_cast<OpId>(o);
      allowed = allowed && (done >> o & 1 || isNext);
      for (size_t other = 0; other < timeline.ops.size(); ++other)
        for (const Overwrite &w : timeline.ops[other].overwrites) {
          const bool isReader = std::count(op.reads.begin(), op.reads.end(), w.before) > 0;
          allowed = allowed && !(other != o && isReader && (done >> other & 1));
          if (other != o)
            continue;
          for (size_t r = 0; r < timeline.ops.size(); ++r) // all readers ran at least once
            if (r != o &&
                std::count(timeline.ops[r].reads.begin(), timeline.ops[r].reads.end(), w.before))
              allowed = allowed && (done >> r & 1);
        }
      if (!allowed)
        continue;
      const uint32_t kept = live & ~writes; // an old instance may go first
      const int64_t workspace = op.alternatives[0].workspaceBytes;
      const double after = cost + op.alternatives[0].seconds;
      if (bytesOf(kept | writes) + workspace <= budget)
        reach({kept | writes, done | 1u << o}, after);
      for (const InPlacePair &pair : op.inPlace)
        if (bytesOf((kept | writes) & ~(1u << pair.output)) + workspace <= budget)
          reach({(kept | writes) & ~(1u << pair.input), done | 1u << o}, after);
    }
  }
  return -1;
}

} // namespace plimsoll::planner::test
