//===- PlanWriter.h - plans with copies, written by hand -------------------------===//
//
// Turns a list of events into a Solution: clocks, lives, places and totals. Shares only the
// packing of buffers with the solver, so that it can write plans that no solver finds.
//
//===----------------------------------------------------------------------------===//

#pragma once

#include "passes/planner/Pack.h"
#include "passes/planner/Solution.h"

#include <algorithm>
#include <map>

namespace plimsoll::planner::test {

/// Returns, for each value, the first of the versions to which it belongs in the first timeline.
inline std::vector<ValueId> versionGroups(const Problem &problem) {
  std::vector<ValueId> group;
  for (size_t v = 0; v < problem.values.size(); ++v)
    group.push_back(static_cast<ValueId>(v));
  for (const Op &op : problem.timelines[0].ops)
    for (const Overwrite &w : op.overwrites)
      if (w.after != none)
        group[w.after] = group[w.before];
  return group;
}

/// Sets begin and end of all events of `plan`, and its cost.
inline void setClocks(const Problem &problem, TimelinePlan &plan) {
  std::vector<double> clocks(problem.resources.size(), 0);
  const std::vector<ValueId> group = versionGroups(problem);
  std::map<std::pair<ValueId, int32_t>, SpaceId> space; // of copies
  auto spaceOf = [&](ValueId v, int32_t instance) {
    const auto it = space.find({group[v], instance});
    return it == space.end() ? problem.values[v].space : it->second;
  };
  for (Event &e : plan.events) {
    e.begin = std::max(clocks[0], clocks[e.resource]);
    e.end = e.begin;
    if (e.kind == EventKind::Run)
      e.end += problem.timelines[0].ops[e.op].alternatives[e.alternative].seconds;
    if (e.kind == EventKind::Wait)
      e.end = std::max(e.begin, plan.events[e.waitsFor].end);
    if (e.kind == EventKind::Load)
      space[{group[e.value], e.instance}] = e.space;
    if (e.kind == EventKind::Load || e.kind == EventKind::Store)
      for (const Route &r : problem.resources[e.resource].routes)
        if (r.from == spaceOf(e.value, e.reads[0]) &&
            r.to == (e.kind == EventKind::Load ? e.space : problem.values[e.value].space))
          e.end += static_cast<double>(problem.values[e.value].bytes) / r.bytesPerSecond;
    clocks[e.resource] = e.end;
  }
  plan.cost = clocks[0];
}

/// Writes the plan of the first timeline of a problem.
class PlanWriter {
public:
  explicit PlanWriter(const Problem &problem)
      : problem(problem), timeline(problem.timelines[0]), group(versionGroups(problem)) {
    for (ValueId v : timeline.liveAtStart)
      make(v, 0, problem.values[v].space);
    touched.clear(); // no event makes an input
  }

  /// Runs `op`, which reads instances `reads` of its operands (empty: instance 0 of all).
  int32_t run(OpId op, std::vector<int32_t> reads = {}, int32_t instance = 0,
              int32_t alternative = 0) {
    const Op &o = timeline.ops[op];
    reads.resize(o.reads.size(), 0);
    Event e;
    e.op = op;
    e.alternative = alternative;
    e.instance = instance;
    e.resource = o.resource;
    e.reads = reads;
    for (size_t i = 0; i < o.reads.size(); ++i)
      use(o.reads[i], reads[i]);
    for (ValueId v : o.writes)
      if (!resident(v))
        make(v, instance, problem.values[v].space);
    for (const InPlacePair &pair : o.inPlace)
      if (pair.required)
        takenFrom[{pair.output, instance}] = {
            pair.input,
            reads[std::find(o.reads.begin(), o.reads.end(), pair.input) - o.reads.begin()]};
    if (const int64_t bytes = o.alternatives[alternative].workspaceBytes; bytes > 0)
      plan.workspaces.push_back({here(), 0, bytes});
    return push(e);
  }
  int32_t load(ValueId value, SpaceId to, int32_t from, int32_t instance, ResourceId resource) {
    Event e;
    e.kind = EventKind::Load;
    e.value = value;
    e.space = to;
    e.instance = instance;
    e.resource = resource;
    e.reads = {from};
    use(value, from);
    make(value, instance, to);
    return push(e);
  }
  int32_t store(ValueId value, int32_t from, ResourceId resource) {
    Event e;
    e.kind = EventKind::Store;
    e.value = value;
    e.resource = resource;
    e.reads = {from};
    use(value, from);
    return push(e);
  }
  void wait(int32_t position) {
    Event e;
    e.kind = EventKind::Wait;
    e.waitsFor = position;
    for (int32_t placement : held[position])
      plan.placements[placement].to = here() + 1;
    push(e);
  }

  Solution finish() {
    for (ValueId v : timeline.liveAtEnd)
      if (const auto it = placed.find({v, latest[v]}); it != placed.end())
        plan.placements[it->second].to = here();
    setClocks(problem, plan);
    Solution solution;
    for (const Op &op : timeline.ops)
      plan.baseCost += op.alternatives[0].seconds;
    plan.recomputed = static_cast<int32_t>(
        std::count_if(plan.events.begin(), plan.events.end(),
                      [](const Event &e) { return e.kind == EventKind::Run; }) -
        std::ssize(timeline.ops));
    solution.spaceBytes.assign(problem.spaces.size(), 0);
    placeHomes(solution);
    plan.maxLive = solution.statistics.residentBytes;
    for (SpaceId space = 0; space < std::ssize(problem.spaces); ++space)
      place(space, solution.spaceBytes[space]);
    plan.peakPosition = 0;
    solution.arenaBytes = plan.arenaBytes = solution.spaceBytes[0];
    solution.statistics.cost = timeline.weight * plan.cost;
    solution.statistics.baseCost = timeline.weight * plan.baseCost;
    solution.statistics.orderBound = plan.maxLive;
    solution.timelines = {plan};
    return solution;
  }

private:
  using Key = std::pair<ValueId, int32_t>;

  bool resident(ValueId v) const { return problem.values[v].lifetime == Lifetime::Resident; }
  int32_t here() const { return static_cast<int32_t>(plan.events.size()); }

  int32_t push(const Event &e) {
    plan.events.push_back(e);
    held.push_back(std::move(touched));
    touched.clear();
    for (int32_t placement : held.back())
      plan.placements[placement].to = here();
    return here() - 1;
  }
  void make(ValueId v, int32_t instance, SpaceId space) {
    placed[{group[v], instance}] = static_cast<int32_t>(plan.placements.size());
    if (space == problem.values[v].space)
      latest[v] = instance;
    plan.placements.push_back({v, instance, space, 0, here(), here() + 1});
    touched.push_back(placed[{group[v], instance}]);
  }
  void use(ValueId v, int32_t instance) {
    if (const auto it = placed.find({group[v], instance}); it != placed.end())
      touched.push_back(it->second);
  }

  static int64_t alignUp(int64_t bytes, int64_t alignment) {
    return (bytes + alignment - 1) / alignment * alignment;
  }
  void placeHomes(Solution &solution) {
    std::map<ValueId, int64_t> homes;
    for (ValueId v = 0; v < std::ssize(problem.values); ++v) {
      if (!resident(v))
        continue;
      const Value &value = problem.values[v];
      int64_t &top = solution.spaceBytes[value.space];
      if (!homes.count(group[v])) {
        homes[group[v]] = alignUp(top, value.alignment);
        top = homes[group[v]] + value.bytes;
        if (value.space == 0)
          solution.statistics.residentBytes += value.bytes;
      }
      solution.residents.push_back({v, 0, value.space, homes[group[v]], 0, INT32_MAX});
    }
  }

  int32_t finishOf(int32_t position) const {
    for (int32_t p = position; p < here(); ++p)
      if (plan.events[p].kind == EventKind::Wait && plan.events[p].waitsFor == position)
        return p;
    return position;
  }
  /// Packs what lives in `space` above its homes, which end at `top`.
  void place(SpaceId space, int64_t &top) {
    std::vector<Buffer> buffers;
    std::map<Key, size_t> bufferOf;
    std::vector<std::pair<int64_t *, size_t>> offsets; // where to write that of which buffer
    int64_t alignment = 1;
    for (Placement &p : plan.placements) {
      if (p.space != space)
        continue;
      const Value &value = problem.values[p.value];
      const Key key{p.value, p.instance};
      if (const auto taken = takenFrom.find(key); taken != takenFrom.end()) {
        bufferOf[key] = bufferOf.at(taken->second);
        buffers[bufferOf[key]].upper = p.to;
      } else {
        bufferOf[key] = buffers.size();
        buffers.push_back({p.from, p.to, value.bytes, value.alignment, none});
      }
      alignment = std::max(alignment, value.alignment);
      offsets.push_back({&p.offset, bufferOf[key]});
    }
    for (WorkspacePlacement &w : plan.workspaces) {
      const Event &e = plan.events[w.position];
      const Alternative &a = timeline.ops[e.op].alternatives[e.alternative];
      if (problem.resources[e.resource].space != space)
        continue;
      offsets.push_back({&w.offset, buffers.size()});
      buffers.push_back(
          {w.position, finishOf(w.position) + 1, w.bytes, a.workspaceAlignment, none});
      alignment = std::max(alignment, a.workspaceAlignment);
    }
    const PackResult packed = pack(buffers);
    const int64_t base = buffers.empty() ? top : alignUp(top, alignment);
    for (const auto &[offset, buffer] : offsets)
      *offset = base + packed.offsets[buffer];
    top = base + packed.height;
    if (space == 0)
      plan.maxLive += planner::maxLive(buffers);
  }

  const Problem &problem;
  const Timeline &timeline;
  std::vector<ValueId> group;
  TimelinePlan plan;
  std::map<Key, int32_t> placed;          ///< index into plan.placements
  std::map<Key, Key> takenFrom;           ///< the instance whose bytes an instance takes over
  std::map<ValueId, int32_t> latest;      ///< instance in the value's own space
  std::vector<int32_t> touched;           ///< placements of the event being written
  std::vector<std::vector<int32_t>> held; ///< placements of each event
};

} // namespace plimsoll::planner::test
