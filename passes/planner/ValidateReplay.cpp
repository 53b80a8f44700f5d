//===- ValidateReplay.cpp - may each event do what it does, and when? ----------===//

#include "passes/planner/ValidateInternal.h"

#include <algorithm>

namespace plimsoll::planner {

namespace {

/// Replays one timeline, event by event.
struct Replay {
  Validation &v;
  const Timeline &timeline;
  const TimelinePlan &plan;
  std::vector<int32_t> version = {}; ///< of each value: how many overwrites come before it
  std::vector<int32_t> newest = {};  ///< of each group: how many overwrites came so far
  std::vector<double> clocks = {};   ///< of each resource
  std::vector<double> ends = {};     ///< of each event so far

  int32_t length() const { return static_cast<int32_t>(plan.events.size()); }
  std::string at(int32_t p) const { return timeline.name + ": event " + std::to_string(p) + ": "; }
  const Resource &resource(const Event &e) const { return v.problem.resources[e.resource]; }

  // Before the first event -----------------------------------------------------

  /// Sets the position at which each event is finished: its own on the main stream, else that of
  /// its wait. Requires one wait for each event beside the main stream.
  void findFinishes() {
    std::vector<int32_t> waits(plan.events.size(), 0);
    v.finish.clear();
    for (int32_t p = 0; p < length(); ++p) {
      v.finish.push_back(plan.events[p].resource == 0 ? p : length());
      if (plan.events[p].kind == EventKind::Wait && waits[plan.events[p].waitsFor]++ == 0)
        v.finish[plan.events[p].waitsFor] = p;
    }
    for (int32_t p = 0; p < length(); ++p)
      v.require(Rule::waitedOnce, waits[p] == (plan.events[p].resource == 0 ? 0 : 1), at(p), "has ",
                waits[p], " waits");
  }
  /// Numbers the versions of residents: W is 0, its update W' is 1. A value that nothing in this
  /// timeline writes is the content at the start, version 0.
  void numberVersions() {
    version.assign(v.problem.values.size(), 0);
    newest.assign(v.problem.values.size(), 0);
    for (bool changed = true; changed;) {
      changed = false;
      for (const Op &op : timeline.ops)
        for (const Overwrite &w : op.overwrites)
          if (w.after != none && version[w.after] <= version[w.before]) {
            version[w.after] = version[w.before] + 1;
            changed = true;
          }
    }
  }
  void begin() {
    v.instances.clear();
    for (size_t value = 0; value < v.problem.values.size(); ++value)
      if (const ValueId id = static_cast<ValueId>(value); v.resident(id))
        v.instances[v.keyOf(id, 0)] = {v.problem.values[id].space, 0, -1, -1, 0};
    for (ValueId id : timeline.liveAtStart)
      v.instances[{id, 0}] = {v.problem.values[id].space, 0, -1, -1, 0};
    clocks.assign(v.problem.resources.size(), 0);
  }

  // Reading and making ---------------------------------------------------------

  Instance *find(Key key) {
    const auto it = v.instances.find(key);
    return it == v.instances.end() ? nullptr : &it->second;
  }
  /// Returns the instance if it exists, after testing that it may be read at `p`.
  Instance *readable(Key key, int32_t p) {
    Instance *instance = find(key);
    const bool ready = instance && instance->ready < p;
    v.require(Rule::readsReady, ready, at(p), key, " is read before it is ready");
    if (instance)
      v.require(Rule::readsUpToDate, instance->version == newest[key.first], at(p), key,
                " is read, but a newer version is elsewhere");
    return instance;
  }
  void readVersion(ValueId value, int32_t p) {
    v.require(Rule::readsNewest, version[value] == newest[v.group[value]], at(p), "'",
              v.problem.values[value].name, "' is read, but it is not the newest version");
  }
  void use(Instance *instance, int32_t p) {
    if (instance)
      instance->last = std::max(instance->last, v.finish[p]);
  }
  void make(Key key, SpaceId space, int32_t newVersion, int32_t p) {
    const int32_t finish = v.finish[p];
    v.require(Rule::madeOnce,
              v.instances.insert({key, {space, p, finish, finish, newVersion}}).second, at(p), key,
              " is made twice");
  }
  void mayOverwrite(const Instance &instance, Key key, int32_t p) {
    v.require(Rule::writesUnused, instance.last < p, at(p), key,
              " is overwritten while something reads or writes it");
  }

  // Events ---------------------------------------------------------------------

  /// Tests a run and returns the seconds that it takes.
  std::optional<double> run(const Event &e, int32_t p) {
    const Op &op = timeline.ops[e.op];
    v.require(Rule::runOnResource, e.resource == op.resource, at(p), "'", op.name,
              "' runs on resource ", e.resource);
    std::vector<Instance *> read;
    for (size_t i = 0; i < op.reads.size(); ++i) {
      const Key key = v.keyOf(op.reads[i], e.reads[i]);
      readVersion(op.reads[i], p);
      read.push_back(readable(key, p));
      const SpaceId works = v.problem.resources[op.resource].space;
      if (read[i])
        v.require(Rule::readsInSpace, read[i]->space == works, at(p), "'", op.name, "' runs in '",
                  v.problem.spaces[works].name, "' and reads ", key, " in '",
                  v.problem.spaces[read[i]->space].name, "'");
    }
    for (size_t i = 0; i < op.reads.size(); ++i)
      for (const Overwrite &w : op.overwrites)
        if (w.before == op.reads[i] && read[i])
          overwrite(*read[i], v.keyOf(w.before, e.reads[i]), p);
    for (Instance *instance : read)
      use(instance, p);
    for (ValueId value : op.writes)
      if (!v.resident(value))
        make({value, e.instance}, v.problem.values[value].space, 0, p);
    return op.alternatives[e.alternative].seconds;
  }
  void overwrite(Instance &instance, Key key, int32_t p) {
    mayOverwrite(instance, key, p);
    instance.version = ++newest[key.first];
    instance.ready = v.finish[p];
  }
  std::optional<double> load(const Event &e, int32_t p) {
    const Key key = v.keyOf(e.value, e.reads[0]);
    readVersion(e.value, p);
    Instance *source = readable(key, p);
    if (!source)
      return std::nullopt;
    use(source, p);
    const Instance from = *source;
    make(v.keyOf(e.value, e.instance), e.space, from.version, p);
    return copySeconds(e, p, from.space, e.space);
  }
  std::optional<double> store(const Event &e, int32_t p) {
    const Key home = v.keyOf(e.value, 0);
    Instance *source = readable(v.keyOf(e.value, e.reads[0]), p);
    if (!v.require(Rule::storesResident, v.resident(e.value), at(p), home, " is not resident") ||
        !source)
      return std::nullopt;
    Instance &target = *find(home);
    mayOverwrite(target, home, p);
    use(source, p);
    target.version = source->version;
    target.ready = target.last = v.finish[p];
    return copySeconds(e, p, source->space, target.space);
  }
  std::optional<double> copySeconds(const Event &e, int32_t p, SpaceId from, SpaceId to) {
    const std::vector<Route> &routes = resource(e).routes;
    const auto route = std::find_if(routes.begin(), routes.end(),
                                    [&](const Route &r) { return r.from == from && r.to == to; });
    if (!v.require(Rule::copyOnRoute, route != routes.end(), at(p), "'", resource(e).name,
                   "' does not copy from '", v.problem.spaces[from].name, "' to '",
                   v.problem.spaces[to].name, "'"))
      return std::nullopt;
    return static_cast<double>(v.problem.values[e.value].bytes) / route->bytesPerSecond;
  }

  /// Tests and advances the clocks. Without `seconds` (a copy without a route) the event's own end
  /// is taken as given.
  void clock(const Event &e, int32_t p, std::optional<double> seconds) {
    const double begin = std::max(clocks[0], clocks[e.resource]);
    double end = seconds ? begin + *seconds : e.end;
    if (e.kind == EventKind::Wait)
      end = std::max(begin, ends[e.waitsFor]);
    v.require(Rule::beginsWhenFree, e.begin == begin, at(p), "does not begin when it can");
    v.require(Rule::takesItsSeconds, e.end == end, at(p), "does not end when its work is done");
    ends.push_back(end);
    clocks[e.resource] = end;
  }
  void event(const Event &e, int32_t p) {
    switch (e.kind) {
    case EventKind::Run:
      return clock(e, p, run(e, p));
    case EventKind::Load:
      return clock(e, p, load(e, p));
    case EventKind::Store:
      return clock(e, p, store(e, p));
    case EventKind::Wait:
      v.require(Rule::waitOnMain, e.resource == 0, at(p), "waits on resource ", e.resource);
      return clock(e, p, std::nullopt);
    }
  }

  // Behind the last event ------------------------------------------------------

  void countRuns() {
    std::vector<int32_t> count(timeline.ops.size(), 0), over(timeline.ops.size(), INT32_MAX);
    for (int32_t p = 0; p < length(); ++p) {
      if (plan.events[p].kind != EventKind::Run)
        continue;
      const OpId op = plan.events[p].op;
      for (OpId earlier : timeline.ops[op].after)
        v.require(Rule::runsAfter, over[earlier] < p, at(p), "'", timeline.ops[op].name,
                  "' begins before '", timeline.ops[earlier].name, "' is finished");
      over[op] = std::min(over[op], v.finish[p]);
      ++count[op];
    }
    for (size_t o = 0; o < count.size(); ++o) {
      const Op &op = timeline.ops[o];
      const bool mayRepeat = op.recomputable && op.overwrites.empty();
      v.require(Rule::runs, count[o] > 0, timeline.name, ": '", op.name, "' does not run");
      v.require(Rule::runsAgain, count[o] <= 1 || mayRepeat, timeline.name, ": '", op.name,
                "' runs ", count[o], " times");
    }
  }
  /// Marks as kept, for each value that must be live at the end, its latest instance in the space
  /// it is made in.
  void keepAtEnd() {
    for (ValueId value : timeline.liveAtEnd) {
      Instance *latest = nullptr;
      for (auto it = v.instances.lower_bound({value, INT32_MIN});
           it != v.instances.end() && it->first.first == value; ++it)
        if (it->second.space == v.problem.values[value].space &&
            (!latest || it->second.made > latest->made))
          latest = &it->second;
      if (v.resident(value))
        continue;
      v.require(Rule::thereAtEnd, latest != nullptr, timeline.name, ": '",
                v.problem.values[value].name, "' is not there at the end");
      if (latest) {
        latest->last = std::max(latest->last, length() - 1);
        latest->isKept = true;
      }
    }
  }
  void checkHomesAtEnd() {
    for (const auto &[key, instance] : v.instances)
      if (v.isHome(key))
        v.require(Rule::homeUpToDate, instance.version == newest[key.first], timeline.name, ": '",
                  v.problem.values[key.first].name, "' has a newer version than its home holds");
  }
};

} // namespace

void replay(Validation &v, const Timeline &timeline, const TimelinePlan &plan) {
  Replay r{v, timeline, plan};
  r.findFinishes();
  r.numberVersions();
  r.begin();
  for (int32_t p = 0; p < r.length(); ++p)
    r.event(plan.events[p], p);
  r.countRuns();
  r.keepAtEnd();
  r.checkHomesAtEnd();
  v.require(Rule::costIsMakespan, plan.cost == r.clocks[0], timeline.name,
            ": its cost is not the main stream's clock at the end");
}

} // namespace plimsoll::planner
