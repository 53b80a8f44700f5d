//===- Sequence.cpp - events, lives and live bytes of an order -------------------===//

#include "passes/planner/Sequence.h"

#include "passes/planner/Dependences.h"

#include <algorithm>
#include <optional>

namespace plimsoll::planner {

namespace {

class Builder {
public:
  Builder(const Problem &problem, const Timeline &timeline, const Manner &manner)
      : problem(problem), timeline(timeline), manner(manner), latest(problem.values.size(), none),
        instances(timeline.ops.size(), 0), clocks(problem.resources.size(), 0.0) {}

  TimelinePlan build(const std::vector<OpId> &sequence) {
    for (ValueId v : timeline.liveAtStart)
      begin(v, 0);
    for (size_t i = 0; i < sequence.size(); ++i)
      run(sequence[i], manner.alternatives.empty() ? 0 : manner.alternatives[i]);
    while (!pending.empty())
      waitFor(0);
    const int32_t end = here();
    for (ValueId v : timeline.liveAtEnd)
      if (latest[v] != none)
        plan.placements[latest[v]].to = std::max(plan.placements[latest[v]].to, end);
    for (const Op &op : timeline.ops)
      plan.baseCost += op.alternatives[0].seconds;
    plan.cost = clocks[0];
    plan.recomputed = static_cast<int32_t>(sequence.size() - timeline.ops.size());
    return std::move(plan);
  }

private:
  /// An event of another resource that is not waited for yet, and the placements it holds.
  struct Pending {
    int32_t position;
    std::vector<int32_t> held;
  };

  bool resident(ValueId v) const { return problem.values[v].lifetime == Lifetime::Resident; }
  int32_t here() const { return static_cast<int32_t>(plan.events.size()); }

  void begin(ValueId v, int32_t instance) {
    latest[v] = static_cast<int32_t>(plan.placements.size());
    plan.placements.push_back({v, instance, problem.values[v].space, 0, here(), here() + 1});
  }

  void run(OpId id, int32_t alternative) {
    waitForWhatPrecedes(id);
    const Op &op = timeline.ops[id];
    const int32_t position = here();
    Event event;
    event.op = id;
    event.alternative = alternative;
    event.instance = instances[id]++;
    event.resource = op.resource;
    std::vector<int32_t> held;
    for (ValueId v : op.reads) {
      event.reads.push_back(resident(v) ? 0 : plan.placements[latest[v]].instance);
      if (!resident(v))
        held.push_back(latest[v]);
    }
    for (ValueId v : op.writes)
      if (!resident(v)) {
        begin(v, event.instance);
        held.push_back(latest[v]);
      }
    for (int32_t placement : held)
      plan.placements[placement].to = position + 1;
    const Alternative &chosen = op.alternatives[alternative];
    if (chosen.workspaceBytes > 0)
      plan.workspaces.push_back({position, 0, chosen.workspaceBytes});
    event.begin = std::max(clocks[0], clocks[op.resource]);
    event.end = clocks[op.resource] = event.begin + chosen.seconds;
    plan.events.push_back(std::move(event));
    if (op.resource == 0)
      return;
    pending.push_back({position, std::move(held)});
    if (manner.waitAtOnce)
      waitFor(pending.size() - 1);
  }

  void waitForWhatPrecedes(OpId id) {
    if (pending.empty())
      return;
    if (!dependences)
      dependences.emplace(problem, timeline);
    const std::vector<OpId> &before = dependences->before[id];
    for (size_t k = 0; k < pending.size();)
      if (std::binary_search(before.begin(), before.end(), plan.events[pending[k].position].op))
        waitFor(k);
      else
        ++k;
  }

  void waitFor(size_t index) {
    Event wait;
    wait.kind = EventKind::Wait;
    wait.waitsFor = pending[index].position;
    wait.begin = clocks[0];
    wait.end = clocks[0] = std::max(clocks[0], plan.events[wait.waitsFor].end);
    plan.events.push_back(wait);
    for (int32_t placement : pending[index].held)
      plan.placements[placement].to = here();
    pending.erase(pending.begin() + static_cast<ptrdiff_t>(index));
  }

  const Problem &problem;
  const Timeline &timeline;
  const Manner &manner;
  TimelinePlan plan;
  std::vector<int32_t> latest; ///< of each value: index into plan.placements of its latest instance
  std::vector<int32_t> instances;
  std::vector<double> clocks; ///< of each resource
  std::vector<Pending> pending;
  std::optional<Dependences> dependences; ///< computed when something has to be waited for
};

} // namespace

TimelinePlan makeTimeline(const Problem &problem, const Timeline &timeline,
                          const std::vector<OpId> &sequence, const Manner &manner) {
  return Builder(problem, timeline, manner).build(sequence);
}

std::vector<int32_t> finishPositions(const TimelinePlan &plan) {
  std::vector<int32_t> finish;
  for (const Event &event : plan.events) {
    const int32_t position = static_cast<int32_t>(finish.size());
    finish.push_back(position);
    if (event.kind == EventKind::Wait)
      finish[event.waitsFor] = position;
  }
  return finish;
}

} // namespace plimsoll::planner
