//===- ValidateIds.cpp - does all that a solution names exist? -----------------===//

#include "passes/planner/ValidateInternal.h"

namespace plimsoll::planner {

namespace {

/// Ids and positions of one solution: they may come from a file and be anything.
struct IdCheck {
  Validation &v;

  bool known(ValueId value) const { return value >= 0 && value < std::ssize(v.problem.values); }
  bool isPlace(SpaceId space, int64_t offset, const std::string &what) {
    return v.require(space >= 0 && space < std::ssize(v.problem.spaces) && offset >= 0 &&
                         offset <= v.solution.spaceBytes[space],
                     what + ": a place outside every space");
  }
  bool placement(const Placement &p, const char *what) {
    return v.require(known(p.value),
                     std::string(what) + ": there is no value " + std::to_string(p.value)) &&
           isPlace(p.space, p.offset, v.problem.values[p.value].name);
  }
  bool event(const Timeline &timeline, const Event &e, int32_t position, int32_t length) {
    const std::string where = timeline.name + ": event " + std::to_string(position);
    switch (e.kind) {
    case EventKind::Run:
      if (!v.require(e.op >= 0 && e.op < std::ssize(timeline.ops),
                     where + " runs operation " + std::to_string(e.op) + ", which there is not"))
        return false;
      return v.require(e.reads.size() == timeline.ops[e.op].reads.size() && e.alternative >= 0 &&
                           e.alternative < std::ssize(timeline.ops[e.op].alternatives),
                       timeline.ops[e.op].name + ": event does not match its operation");
    case EventKind::CopyStart:
      return v.require(known(e.value) && e.space >= 0 && e.space < std::ssize(v.problem.spaces) &&
                           !e.reads.empty(),
                       where + " copies a value or to a space that there is not");
    case EventKind::Wait:
      return v.require(e.waitsFor >= 0 && e.waitsFor < position && e.waitsFor < length,
                       where + " waits for a later event");
    }
    return v.require(false, where + " is of no known kind");
  }
  bool timeline(const Timeline &timeline, const TimelinePlan &plan) {
    const int32_t length = static_cast<int32_t>(plan.events.size());
    bool sound = true;
    for (int32_t p = 0; p < length; ++p)
      sound &= event(timeline, plan.events[p], p, length);
    for (const Placement &p : plan.placements)
      sound &= placement(p, timeline.name.c_str());
    for (const WorkspacePlacement &w : plan.workspaces)
      sound &= v.require(w.position >= 0 && w.position < length &&
                             plan.events[w.position].kind == EventKind::Run && w.bytes >= 0 &&
                             w.bytes <= v.solution.spaceBytes[0],
                         timeline.name + ": a workspace of no launch, or of no size") &&
               isPlace(0, w.offset, timeline.name);
    return sound;
  }
};

} // namespace

bool checkIds(Validation &v) {
  IdCheck check{v};
  bool sound = true;
  for (int64_t bytes : v.solution.spaceBytes) // so that no sum below overflows
    sound &= v.require(bytes >= 0 && bytes <= INT64_MAX / 4, "a space has no possible size");
  for (const Placement &p : v.solution.residents)
    sound = sound && check.placement(p, "residents");
  for (size_t t = 0; t < v.problem.timelines.size(); ++t)
    sound = sound && check.timeline(v.problem.timelines[t], v.solution.timelines[t]);
  return sound;
}

} // namespace plimsoll::planner
