//===- Validate.cpp - is a solution one? --------------------------------------===//
//
// Looks whether all that the solution names exists (ValidateIds.cpp), replays the events
// of each timeline (this file), then looks at the places of what was alive
// (ValidatePlaces.cpp).
//
//===----------------------------------------------------------------------===//

#include "passes/planner/ValidateInternal.h"

#include <algorithm>

namespace plimsoll::planner {

namespace {

/// One timeline, event by event. `unread` and `gone` stand in for a version.
struct Replay {
  static constexpr ValueId untouched = -2, gone = -3;
  Validation &v;
  const Timeline &timeline;
  const std::vector<Event> &events;
  std::vector<int32_t> finish = {};   ///< position at which an event's work is over
  std::vector<ValueId> version = {};  ///< of each group's bytes
  std::vector<int32_t> lastRead = {}; ///< of each group's bytes, by any but the overwriter

  void findFinishes() {
    const int32_t length = static_cast<int32_t>(events.size());
    for (int32_t p = 0; p < length; ++p)
      finish.push_back(events[p].stream == 0 && events[p].kind != EventKind::CopyStart ? p
                                                                                       : length);
    for (int32_t p = 0; p < length; ++p)
      if (events[p].kind == EventKind::Wait &&
          v.require(events[p].waitsFor >= 0 && events[p].waitsFor < p, "waits for a later event"))
        finish[events[p].waitsFor] = std::min(finish[events[p].waitsFor], p);
  }
  void make(Key key, int32_t p) {
    const SpaceId space = events[p].kind == EventKind::CopyStart
                              ? events[p].space
                              : v.problem.values[key.first].space;
    v.require(v.lives.insert({key, {p, finish[p], finish[p], space}}).second,
              v.text(key) + " is made twice");
  }
  void read(Key key, int32_t p, bool overwrites) {
    if (v.resident(key.first)) {
      const ValueId group = v.group[key.first], now = version[group];
      v.require(key.second == 0 &&
                    (now == key.first || (now == untouched && !isWritten(key.first))),
                v.text(key) + " is read while another version is in its bytes");
      if (!overwrites)
        lastRead[group] = std::max(lastRead[group], finish[p]);
      return;
    }
    const auto life = v.lives.find(key);
    if (v.require(life != v.lives.end() && life->second.ready < p,
                  v.text(key) + " is read before it is ready, at " + std::to_string(p)))
      life->second.last = std::max(life->second.last, finish[p]);
  }
  bool isWritten(ValueId value) const {
    return std::any_of(timeline.ops.begin(), timeline.ops.end(), [&](const Op &op) {
      return std::count(op.writes.begin(), op.writes.end(), value) > 0;
    });
  }
  void run(const Event &e, int32_t p) {
    const Op &op = timeline.ops.at(e.op);
    if (!v.require(e.reads.size() == op.reads.size() && e.stream == op.stream &&
                       e.alternative >= 0 && e.alternative < std::ssize(op.alternatives),
                   op.name + ": event does not match its operation"))
      return;
    for (size_t i = 0; i < op.reads.size(); ++i)
      read({op.reads[i], e.reads[i]}, p,
           std::any_of(op.overwrites.begin(), op.overwrites.end(),
                       [&](const Overwrite &w) { return w.before == op.reads[i]; }));
    for (const Overwrite &w : op.overwrites) {
      const ValueId now = version[v.group[w.before]];
      v.require((now == w.before || (now == untouched && !isWritten(w.before))) &&
                    lastRead[v.group[w.before]] < p,
                op.name + ": overwrites a value before its last reader, or twice");
      version[v.group[w.before]] = w.after == none ? gone : w.after;
    }
    for (ValueId value : op.writes)
      if (!v.resident(value))
        make({value, e.instance}, p);
  }
  void countRuns() {
    std::vector<int32_t> runs(timeline.ops.size(), 0), over(timeline.ops.size(), INT32_MAX);
    for (size_t p = 0; p < events.size(); ++p)
      if (const Event &e = events[p]; e.kind == EventKind::Run) {
        for (OpId earlier : timeline.ops[e.op].after)
          v.require(over[earlier] < static_cast<int32_t>(p),
                    timeline.ops[e.op].name + ": too early");
        over[e.op] = std::min(over[e.op], finish[p]);
        ++runs[e.op];
      }
    for (size_t o = 0; o < runs.size(); ++o)
      v.require(runs[o] == 1 || (runs[o] > 1 && timeline.ops[o].recomputable &&
                                 timeline.ops[o].overwrites.empty()),
                timeline.ops[o].name + ": runs " + std::to_string(runs[o]) + " times");
  }
};

} // namespace

void replay(Validation &v, const Timeline &timeline, const std::vector<Event> &events) {
  Replay r{v, timeline, events};
  r.findFinishes();
  r.version.assign(v.problem.values.size(), Replay::untouched);
  r.lastRead.assign(v.problem.values.size(), -1);
  for (ValueId value : timeline.liveAtStart)
    v.lives[{value, 0}] = {0, -1, -1, v.problem.values[value].space};
  for (int32_t p = 0; p < std::ssize(events); ++p) {
    if (events[p].kind == EventKind::CopyStart) {
      r.read({events[p].value, events[p].reads.at(0)}, p, false);
      r.make({events[p].value, events[p].instance}, p);
    } else if (events[p].kind == EventKind::Run) {
      r.run(events[p], p);
    }
  }
  r.countRuns();
  for (ValueId value : timeline.liveAtEnd) {
    const auto next = v.lives.upper_bound({value, INT32_MAX});
    if (!v.resident(value) &&
        v.require(next != v.lives.begin() && std::prev(next)->first.first == value,
                  v.problem.values[value].name + ": is not there at the end"))
      std::prev(next)->second.last = static_cast<int32_t>(events.size()) - 1;
  }
}

} // namespace plimsoll::planner
