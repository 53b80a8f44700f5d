//===- ValidateIds.cpp - does all that a solution names exist? -----------------===//
//
// Ids, positions and sizes may come from a file and have any value.
//
//===----------------------------------------------------------------------===//

#include "passes/planner/ValidateInternal.h"

namespace plimsoll::planner {

namespace {

struct IdCheck {
  Validation &v;

  template <typename T> static bool exists(int32_t id, const std::vector<T> &among) {
    return id >= 0 && id < std::ssize(among);
  }
  void run(const Timeline &timeline, const Event &e, const std::string &where) {
    if (!v.require(Rule::operationExists, exists(e.op, timeline.ops), where, "runs operation ",
                   e.op))
      return;
    const Op &op = timeline.ops[e.op];
    v.require(Rule::alternativeExists, exists(e.alternative, op.alternatives), where,
              "runs alternative ", e.alternative, " of '", op.name, "'");
    v.require(Rule::instancePerRead, e.reads.size() == op.reads.size(), where, "reads ",
              std::ssize(e.reads), " instances of ", std::ssize(op.reads), " values");
  }
  void copy(const Event &e, const std::string &where) {
    v.require(Rule::copiedValueExists, exists(e.value, v.problem.values), where, "copies value ",
              e.value);
    v.require(Rule::instancePerRead, e.reads.size() == 1, where, "copies ", std::ssize(e.reads),
              " instances of one value");
  }
  void event(const Timeline &timeline, const Event &e, int32_t position) {
    const std::string where = timeline.name + ": event " + std::to_string(position) + " ";
    v.require(Rule::resourceExists, exists(e.resource, v.problem.resources), where,
              "is on resource ", e.resource);
    switch (e.kind) {
    case EventKind::Run:
      return run(timeline, e, where);
    case EventKind::Load:
      v.require(Rule::loadSpaceExists, exists(e.space, v.problem.spaces), where,
                "loads into space ", e.space);
      return copy(e, where);
    case EventKind::Store:
      return copy(e, where);
    case EventKind::Wait:
      v.require(Rule::waitsForEarlier, e.waitsFor >= 0 && e.waitsFor < position, where,
                "waits for event ", e.waitsFor);
      return;
    }
    v.require(Rule::kindExists, false, where, "is of kind ", static_cast<int64_t>(e.kind));
  }
  void offset(int64_t offset, SpaceId space, const std::string &where) {
    v.require(Rule::offsetInSpace, offset >= 0 && offset <= v.solution.spaceBytes[space], where,
              ": offset ", offset);
  }
  void placement(const Placement &p, const std::string &where) {
    v.require(Rule::placedExists, exists(p.value, v.problem.values), where, ": places value ",
              p.value);
    if (v.require(Rule::placedSomewhere, exists(p.space, v.problem.spaces), where,
                  ": places something in space ", p.space))
      offset(p.offset, p.space, where);
  }
  void workspace(const Timeline &timeline, const TimelinePlan &plan, const WorkspacePlacement &w) {
    const bool isRun =
        exists(w.position, plan.events) && plan.events[w.position].kind == EventKind::Run;
    if (v.require(Rule::workspaceOfRun, isRun, timeline.name, ": a workspace of event ",
                  w.position))
      offset(w.offset, v.problem.resources[plan.events[w.position].resource].space, timeline.name);
  }
  void timeline(const Timeline &timeline, const TimelinePlan &plan) {
    for (int32_t p = 0; p < std::ssize(plan.events); ++p)
      event(timeline, plan.events[p], p);
    for (const Placement &p : plan.placements)
      placement(p, timeline.name);
    for (const WorkspacePlacement &w : plan.workspaces)
      if (v.errors.empty()) // so the event of the workspace and its resource exist
        workspace(timeline, plan, w);
  }
  void sizes() {
    for (int64_t bytes : v.solution.spaceBytes)
      v.require(Rule::sizeInRange, bytes >= 0 && bytes <= INT64_MAX / 4, "a space has ", bytes,
                " bytes");
  }
};

} // namespace

bool checkIds(Validation &v) {
  IdCheck check{v};
  const int64_t plans = std::ssize(v.solution.timelines), sizes = std::ssize(v.solution.spaceBytes);
  v.require(Rule::planPerTimeline, plans == std::ssize(v.problem.timelines), plans, " plans for ",
            std::ssize(v.problem.timelines), " timelines");
  v.require(Rule::sizePerSpace, sizes == std::ssize(v.problem.spaces), sizes, " sizes for ",
            std::ssize(v.problem.spaces), " spaces");
  if (!v.errors.empty())
    return false;
  check.sizes();
  for (const Placement &p : v.solution.residents)
    check.placement(p, "homes");
  for (size_t t = 0; t < v.problem.timelines.size(); ++t)
    check.timeline(v.problem.timelines[t], v.solution.timelines[t]);
  return v.errors.empty();
}

} // namespace plimsoll::planner
