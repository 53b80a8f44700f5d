//===- WhatIf.cpp - the same step with one decision changed ------------------------===//
#include "compiler/pipeline/WhatIf.h"
#include "passes/planner/Sequence.h"
#include <set>

using namespace plimsoll;
using namespace plimsoll::pipeline;
using planner::OpId;
using planner::ValueId;

static std::vector<OpId> sequenceOf(const planner::TimelinePlan &plan) {
  std::vector<OpId> sequence;
  for (const planner::Event &event : plan.events)
    if (event.kind == planner::EventKind::Run)
      sequence.push_back(event.op);
  return sequence;
}

/// Places the step in the order `sequence` and sets the result's comparison with the plan.
static void evaluate(const StepView &view, const std::vector<OpId> &sequence, WhatIf &result) {
  const planner::Problem &problem = view.problem();
  planner::ResidentLayout layout = planner::layoutResidents(problem);
  planner::TimelinePlan plan = planner::makeTimeline(problem, view.timeline(), sequence);
  std::vector<int64_t> spaces(problem.spaces.size(), 0);
  if (!planner::placeTimeline(problem, view.timeline(), layout, planner::Effort::Fast, plan,
                              spaces)) {
    result.obstacle = "its values could not be placed";
    return;
  }
  result.maxLive = plan.maxLive;
  result.arenaBytes = plan.arenaBytes;
  for (const planner::TimelinePlan &other : view.solution().timelines)
    if (&other != &view.plan())
      result.arenaBytes = std::max(result.arenaBytes, other.arenaBytes);
  result.cost = plan.cost - view.plan().cost;
}

namespace {

/// Collects the operations that must run again to make a value.
class Cone {
public:
  Cone(const StepView &view, int32_t position, std::string &obstacle)
      : view(view), position(position), obstacle(obstacle) {}

  void add(ValueId value) {
    OpId id = view.writer(value);
    if (id == planner::none || !obstacle.empty() || !ops.insert(id).second)
      return;
    const planner::Op &op = view.timeline().ops[id];
    if (!op.recomputable || !op.overwrites.empty()) {
      obstacle = op.name + " may run only once";
      return;
    }
    for (ValueId read : op.reads)
      if (view.problem().values[read].lifetime == planner::Lifetime::Resident)
        checkNotOverwritten(read);
      else if (!isAlive(read))
        add(read);
  }

  std::set<OpId> ops;

private:
  bool isAlive(ValueId value) const {
    for (const planner::Placement &placement : view.plan().placements)
      if (placement.value == value && placement.from < position && position < placement.to)
        return true;
    return false;
  }

  void checkNotOverwritten(ValueId resident) {
    for (int32_t p = 0; p < position; ++p)
      if (OpId id = view.plan().events[p].op; id >= 0)
        for (const planner::Overwrite &overwrite : view.timeline().ops[id].overwrites)
          if (overwrite.before == resident && obstacle.empty())
            obstacle = "launch " + std::to_string(p + 1) + " has updated " +
                       view.problem().values[resident].name + " by then, which it reads";
  }

  const StepView &view;
  int32_t position;
  std::string &obstacle;
};

/// Removes repetitions whose results no later launch reads; returns false if there are none.
bool dropUnread(const StepView &view, std::vector<OpId> &sequence) {
  planner::TimelinePlan plan = planner::makeTimeline(view.problem(), view.timeline(), sequence);
  std::set<std::pair<ValueId, int32_t>> read;
  for (const planner::Event &event : plan.events)
    if (event.op >= 0)
      for (size_t i = 0; i < event.reads.size(); ++i)
        read.insert({view.timeline().ops[event.op].reads[i], event.reads[i]});
  std::vector<OpId> left;
  for (const planner::Event &event : plan.events) {
    if (event.op < 0)
      continue;
    bool needed = event.instance == 0;
    for (ValueId value : view.timeline().ops[event.op].writes)
      needed = needed || read.count({value, event.instance});
    if (needed)
      left.push_back(event.op);
  }
  bool changed = left.size() != sequence.size();
  sequence = std::move(left);
  return changed;
}

} // namespace

std::vector<OpId> plimsoll::pipeline::coneOf(const StepView &view, ValueId value, int32_t position,
                                             std::string &obstacle) {
  Cone cone(view, position, obstacle);
  cone.add(value);
  std::vector<OpId> ordered;
  for (const planner::Event &event : view.plan().events)
    if (event.instance == 0 && event.op >= 0 && cone.ops.count(event.op))
      ordered.push_back(event.op);
  return ordered;
}

WhatIf plimsoll::pipeline::recomputed(const StepView &view, ValueId value, int32_t reader) {
  WhatIf result;
  result.ops = coneOf(view, value, reader, result.obstacle);
  if (!result.obstacle.empty())
    return result;
  std::vector<OpId> sequence;
  for (int32_t p = 0; p < int32_t(view.plan().events.size()); ++p) {
    if (p == reader)
      sequence.insert(sequence.end(), result.ops.begin(), result.ops.end());
    if (OpId id = view.plan().events[p].op; id >= 0)
      sequence.push_back(id);
  }
  evaluate(view, sequence, result);
  return result;
}

WhatIf plimsoll::pipeline::kept(const StepView &view, ValueId value) {
  WhatIf result;
  std::vector<OpId> before = sequenceOf(view.plan()), sequence;
  OpId writer = view.writer(value);
  bool isFirst = true;
  for (OpId id : before) {
    if (id != writer || isFirst)
      sequence.push_back(id);
    isFirst = isFirst && id != writer;
  }
  while (dropUnread(view, sequence)) {
  }
  std::vector<int> count(view.timeline().ops.size(), 0);
  for (OpId id : before)
    ++count[id];
  for (OpId id : sequence)
    --count[id];
  for (OpId id = 0; id < OpId(count.size()); ++id)
    result.ops.insert(result.ops.end(), count[id], id);
  evaluate(view, sequence, result);
  return result;
}
