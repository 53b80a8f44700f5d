//===- Place.cpp - offsets for a timeline's instances ----------------------------===//

#include "passes/planner/Pack.h"
#include "passes/planner/Sequence.h"

#include <algorithm>
#include <map>
#include <set>

namespace plimsoll::planner {

namespace {

constexpr size_t closeEnoughFrom = 600; ///< buffers: from here on a packing may be suboptimal

/// Sets the offsets of a timeline's placements. Placements that follow one another in the same
/// bytes are one buffer.
class Placer {
public:
  Placer(const Problem &problem, const Timeline &timeline, const ResidentLayout &layout,
         TimelinePlan &plan)
      : problem(problem), timeline(timeline), layout(layout), plan(plan),
        finish(finishPositions(plan)) {}

  bool run(Effort effort, std::vector<int64_t> &spaceBytes) {
    collect();
    joinInPlace();
    countLive();
    for (SpaceId space = 0; space < std::ssize(problem.spaces); ++space) {
      const int64_t height = packSpace(space, effort);
      if (height < 0)
        return false;
      spaceBytes[space] = std::max(spaceBytes[space], height);
      if (space == 0)
        plan.arenaBytes = height;
    }
    return true;
  }

private:
  struct Chain {
    Buffer buffer;
    SpaceId space = 0;
    std::vector<int32_t> placements;
    int32_t workspace = none;
  };

  void collect() {
    for (int32_t i = 0; i < std::ssize(plan.placements); ++i) {
      const Placement &p = plan.placements[i];
      const Value &value = problem.values[p.value];
      chainOf.push_back(static_cast<int32_t>(chains.size()));
      chains.push_back({{p.from, p.to, value.bytes, value.alignment, value.pinned.value_or(none)},
                        p.space,
                        {i},
                        none});
      byKey[{p.value, p.instance}] = i;
    }
    for (int32_t i = 0; i < std::ssize(plan.workspaces); ++i) {
      const WorkspacePlacement &w = plan.workspaces[i];
      const Event &event = plan.events[w.position];
      const Alternative &a = timeline.ops[event.op].alternatives[event.alternative];
      chains.push_back({{w.position, finish[w.position] + 1, w.bytes, a.workspaceAlignment, none},
                        problem.resources[event.resource].space,
                        {},
                        i});
    }
  }

  void joinInPlace() {
    for (int32_t p = 0; p < std::ssize(plan.events); ++p) {
      const Event &event = plan.events[p];
      if (event.kind != EventKind::Run)
        continue;
      for (bool required : {true, false})
        for (const InPlacePair &pair : timeline.ops[event.op].inPlace)
          if (pair.required == required)
            join(pair, event, finish[p] + 1);
    }
  }

  /// Joins the two values of `pair` into one buffer if the life of the input ends with the event,
  /// at `end`.
  void join(const InPlacePair &pair, const Event &event, int32_t end) {
    const Op &op = timeline.ops[event.op];
    const size_t slot = std::find(op.reads.begin(), op.reads.end(), pair.input) - op.reads.begin();
    const int32_t in = byKey.at({pair.input, event.reads[slot]});
    const int32_t out = byKey.at({pair.output, event.instance});
    Chain &earlier = chains[chainOf[in]], &later = chains[chainOf[out]];
    const bool kept = end == std::ssize(plan.events) &&
                      std::count(timeline.liveAtEnd.begin(), timeline.liveAtEnd.end(), pair.input);
    const bool isTaken =
        earlier.placements.back() != in; // by another output, even one nobody reads
    const bool last = plan.placements[in].to == end && !isTaken && !kept;
    const bool fresh = later.placements.size() == 1 && later.placements[0] == out;
    const bool samePin = earlier.buffer.fixed == later.buffer.fixed;
    // A smaller output would keep the whole input's bytes occupied during its life.
    if (!last || !fresh || !samePin || (!pair.required && earlier.buffer.size != later.buffer.size))
      return;
    earlier.buffer.upper = later.buffer.upper;
    earlier.buffer.alignment = std::max(earlier.buffer.alignment, later.buffer.alignment);
    earlier.placements.push_back(out);
    later.placements.clear();
    chainOf[out] = chainOf[in];
  }

  void countLive() {
    std::vector<int64_t> live(plan.events.size() + 1, 0);
    for (const Chain &chain : chains)
      if (chain.space == 0 && (!chain.placements.empty() || chain.workspace != none)) {
        live[chain.buffer.lower] += chain.buffer.size;
        live[chain.buffer.upper] -= chain.buffer.size;
      }
    int64_t sum = layout.residentBytes;
    plan.maxLive = sum;
    for (size_t p = 0; p < plan.events.size(); ++p)
      if (sum += live[p]; plan.peakPosition == none || sum > plan.maxLive) {
        plan.maxLive = sum;
        plan.peakPosition = static_cast<int32_t>(p);
      }
  }

  int64_t packSpace(SpaceId space, Effort effort) {
    std::vector<Buffer> buffers;
    std::vector<Chain *> owners;
    int64_t alignment = 1;
    for (Chain &chain : chains)
      if (chain.space == space && (!chain.placements.empty() || chain.workspace != none)) {
        buffers.push_back(chain.buffer);
        owners.push_back(&chain);
        alignment = std::max(alignment, chain.buffer.alignment);
      }
    int64_t base = 0;
    if (layout.holes) {
      std::set<int64_t> offsets; // versions of one resident are one buffer
      for (const Placement &r : layout.placements)
        if (const int64_t bytes = problem.values[r.value].bytes;
            r.space == space && bytes > 0 && offsets.insert(r.offset).second)
          buffers.push_back({0, std::max<int64_t>(1, std::ssize(plan.events)), bytes, 1, r.offset});
    } else if (!buffers.empty()) {
      base = alignUp(layout.top[space], alignment);
    }
    PackOptions options;
    options.effort = effort;
    // The last thousandth of a large timeline would take longer than all the rest.
    if (buffers.size() > closeEnoughFrom)
      options.capacity = maxLive(buffers) + (base + maxLive(buffers)) / 1000;
    const PackResult packed = pack(buffers, options);
    if (packed.height < 0)
      return -1;
    for (size_t i = 0; i < owners.size(); ++i)
      store(*owners[i], base + packed.offsets[i]);
    return std::max(layout.top[space], base + packed.height);
  }

  void store(const Chain &chain, int64_t offset) {
    for (int32_t i : chain.placements)
      plan.placements[i].offset = offset;
    if (chain.workspace != none)
      plan.workspaces[chain.workspace].offset = offset;
  }

  const Problem &problem;
  const Timeline &timeline;
  const ResidentLayout &layout;
  TimelinePlan &plan;
  std::vector<int32_t> finish; ///< of each event
  std::vector<Chain> chains;
  std::vector<int32_t> chainOf; ///< of each placement
  std::map<std::pair<ValueId, int32_t>, int32_t> byKey;
};

} // namespace

bool placeTimeline(const Problem &problem, const Timeline &timeline, const ResidentLayout &layout,
                   Effort effort, TimelinePlan &plan, std::vector<int64_t> &spaceBytes) {
  return Placer(problem, timeline, layout, plan).run(effort, spaceBytes);
}

} // namespace plimsoll::planner
