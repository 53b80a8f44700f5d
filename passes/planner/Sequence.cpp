//===- Sequence.cpp - events, lives and live bytes of an order -------------------===//

#include "passes/planner/Sequence.h"

#include <algorithm>
#include <limits>

namespace plimsoll::planner {

namespace {

class Builder {
public:
  Builder(const Problem &problem, const Timeline &timeline)
      : problem(problem), timeline(timeline), latest(problem.values.size(), none),
        instances(timeline.ops.size(), 0) {}

  TimelinePlan build(const std::vector<OpId> &sequence) {
    for (ValueId v : timeline.liveAtStart)
      begin(v, 0);
    for (OpId op : sequence)
      run(op);
    const int32_t end = static_cast<int32_t>(plan.events.size());
    for (ValueId v : timeline.liveAtEnd)
      if (latest[v] != none)
        plan.placements[latest[v]].to = std::max(plan.placements[latest[v]].to, end);
    for (OpId op = 0; op < std::ssize(timeline.ops); ++op)
      plan.baseCost += timeline.ops[op].alternatives[0].cost;
    plan.recomputed = static_cast<int32_t>(sequence.size() - timeline.ops.size());
    return std::move(plan);
  }

private:
  bool resident(ValueId v) const { return problem.values[v].lifetime == Lifetime::Resident; }

  void begin(ValueId v, int32_t instance) {
    const int32_t now = static_cast<int32_t>(plan.events.size());
    latest[v] = static_cast<int32_t>(plan.placements.size());
    plan.placements.push_back({v, instance, problem.values[v].space, 0, now, now + 1});
  }

  void run(OpId id) {
    const Op &op = timeline.ops[id];
    Event event;
    event.op = id;
    event.instance = instances[id]++;
    event.stream = op.stream;
    const int32_t position = static_cast<int32_t>(plan.events.size());
    const int32_t finish = op.stream == 0 ? position : position + 1;
    for (ValueId v : op.reads) {
      event.reads.push_back(resident(v) ? 0 : plan.placements[latest[v]].instance);
      if (!resident(v))
        plan.placements[latest[v]].to = finish + 1;
    }
    for (ValueId v : op.writes)
      if (!resident(v)) {
        begin(v, event.instance);
        plan.placements.back().to = finish + 1;
      }
    if (op.alternatives[0].workspaceBytes > 0)
      plan.workspaces.push_back({position, 0, op.alternatives[0].workspaceBytes});
    plan.cost += op.alternatives[0].cost;
    plan.events.push_back(std::move(event));
    if (op.stream != 0) {
      Event wait;
      wait.kind = EventKind::Wait;
      wait.waitsFor = position;
      plan.events.push_back(wait);
    }
  }

  const Problem &problem;
  const Timeline &timeline;
  TimelinePlan plan;
  std::vector<int32_t> latest; ///< of each value: index into plan.placements
  std::vector<int32_t> instances;
};

} // namespace

TimelinePlan makeTimeline(const Problem &problem, const Timeline &timeline,
                          const std::vector<OpId> &sequence) {
  return Builder(problem, timeline).build(sequence);
}

} // namespace plimsoll::planner
