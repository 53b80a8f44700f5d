//===- ValidatePlaces.cpp - does everything alive have its own bytes? ----------===//

#include "passes/planner/ValidateInternal.h"

#include <algorithm>

namespace plimsoll::planner {

namespace {

/// Bytes [low, high) of a space at the positions [from, to).
struct Box {
  int64_t low, high;
  int32_t from, to;
  SpaceId space;
  Key key; ///< a workspace has no value, and its position as number
};

void checkRange(Validation &v, int64_t offset, int64_t bytes, int64_t alignment, SpaceId space,
                const std::string &what) {
  v.require(Rule::aligned, offset % alignment == 0, what, ": offset ", offset,
            " is no multiple of ", alignment);
  v.require(Rule::withinSpace, offset + bytes <= v.solution.spaceBytes[space], what, ": ends at ",
            offset + bytes, " of ", v.solution.spaceBytes[space], " bytes of its space");
}

struct Places {
  Validation &v;
  const Timeline &timeline;
  const TimelinePlan &plan;
  std::vector<Box> boxes = {};
  std::map<Key, int64_t> offsets = {};
  std::vector<int64_t> live = {}; ///< of each position: change of the arena's live bytes

  int32_t length() const { return static_cast<int32_t>(plan.events.size()); }

  // What is where --------------------------------------------------------------

  void add(const Box &box, const std::string &what) {
    if (box.space == 0)
      v.require(Rule::withinArena, box.high <= plan.arenaBytes, what, ": ends at ", box.high,
                " of the timeline's ", plan.arenaBytes, " bytes");
    if (box.high > box.low && box.to > box.from)
      boxes.push_back(box);
  }
  /// Adds one box for each home. Versions share their home, so one of them suffices.
  void addHomes() {
    std::vector<char> added(v.problem.values.size(), 0);
    for (const Placement &p : v.solution.residents)
      if (const ValueId group = v.group[p.value]; v.resident(p.value) && !added[group]) {
        added[group] = 1;
        const Value &value = v.problem.values[p.value];
        add({p.offset, p.offset + value.bytes, 0, std::max(1, length()), p.space, {group, 0}},
            "home of '" + value.name + "'");
      }
  }
  void addPlacement(const Placement &p) {
    const Value &value = v.problem.values[p.value];
    const Key key = v.keyOf(p.value, p.instance);
    const auto it = v.instances.find(key);
    const std::string what = timeline.name + ": '" + value.name + "'";
    if (!v.require(Rule::placedIsMade, it != v.instances.end() && !v.isHome(key), timeline.name,
                   ": ", key, " has a place, but is not made here"))
      return;
    const Instance &instance = it->second;
    const bool isFirst = offsets.insert({key, p.offset}).second;
    v.require(Rule::onePlace, isFirst, timeline.name, ": ", key, " has two places");
    v.require(Rule::placeSpace, p.space == instance.space, timeline.name, ": ", key, " is in '",
              v.problem.spaces[instance.space].name, "', its place in '",
              v.problem.spaces[p.space].name, "'");
    v.require(Rule::livesFromMade, p.from <= instance.made, timeline.name, ": ", key,
              " is made at ", instance.made, ", its life begins at ", p.from);
    v.require(Rule::livesToLastUse, p.to > instance.last, timeline.name, ": ", key, " is used at ",
              instance.last, ", its life ends at ", p.to);
    if (value.pinned && p.space == value.space)
      v.require(Rule::pinned, p.offset == *value.pinned, timeline.name, ": ", key, " is at ",
                p.offset, ", but pinned to ", *value.pinned);
    checkRange(v, p.offset, value.bytes, v.alignment[key.first], p.space, what);
    add({p.offset, p.offset + value.bytes, p.from, p.to, p.space, key}, what);
  }
  void checkAllPlaced() {
    for (const auto &[key, instance] : v.instances)
      if (!v.isHome(key))
        v.require(Rule::onePlace, offsets.count(key) == 1, timeline.name, ": ", key,
                  " has no place");
  }
  void addWorkspaces() {
    std::vector<int32_t> count(plan.events.size(), 0);
    for (const WorkspacePlacement &w : plan.workspaces) {
      const Event &e = plan.events[w.position];
      const Op &op = timeline.ops[e.op];
      const Alternative &a = op.alternatives[e.alternative];
      ++count[w.position];
      v.require(Rule::workspaceSize, w.bytes == a.workspaceBytes, timeline.name, ": '", op.name,
                "' has ", w.bytes, " bytes of workspace and needs ", a.workspaceBytes);
      const SpaceId space = v.problem.resources[e.resource].space;
      const std::string what = timeline.name + ": workspace of '" + op.name + "'";
      checkRange(v, w.offset, a.workspaceBytes, a.workspaceAlignment, space, what);
      add({w.offset,
           w.offset + a.workspaceBytes,
           w.position,
           v.finish[w.position] + 1,
           space,
           {none, w.position}},
          what);
    }
    for (int32_t p = 0; p < length(); ++p)
      if (const Event &e = plan.events[p]; e.kind == EventKind::Run) {
        const Op &op = timeline.ops[e.op];
        const int32_t needed = op.alternatives[e.alternative].workspaceBytes > 0 ? 1 : 0;
        v.require(Rule::workspaceIfNeeded, count[p] == needed, timeline.name, ": '", op.name,
                  "' has ", count[p], " workspaces and needs ", needed);
      }
  }

  // Apart ----------------------------------------------------------------------

  /// True if `later` may take over the bytes of `earlier` from the event that makes it on.
  bool inPlace(const Box &earlier, const Box &later) const {
    if (later.from < 0 || later.from >= length() || later.key.first == none)
      return false;
    const Event &e = plan.events[later.from];
    if (e.kind != EventKind::Run || e.instance != later.key.second || earlier.low != later.low ||
        earlier.to != v.finish[later.from] + 1)
      return false;
    const auto input = v.instances.find(earlier.key);
    if (input == v.instances.end() || input->second.isKept)
      return false;
    const Op &op = timeline.ops[e.op];
    for (const InPlacePair &pair : op.inPlace)
      for (size_t i = 0; i < op.reads.size(); ++i)
        if (pair.input == earlier.key.first && pair.output == later.key.first &&
            op.reads[i] == pair.input && e.reads[i] == earlier.key.second)
          return true;
    return false;
  }
  void countLive(const Box &box) {
    if (box.space == 0)
      change(box.high - box.low, box.from, box.to);
  }
  void change(int64_t bytes, int32_t from, int32_t to) {
    live[std::clamp(from, 0, length())] += bytes;
    live[std::clamp(to, 0, length())] -= bytes;
  }
  void checkApart() {
    live.assign(plan.events.size() + 1, 0);
    std::stable_sort(boxes.begin(), boxes.end(),
                     [](const Box &a, const Box &b) { return a.from < b.from; });
    std::vector<const Box *> alive;
    for (const Box &box : boxes) {
      std::erase_if(alive, [&](const Box *b) { return b->to <= box.from; });
      for (const Box *other : alive)
        if (other->space == box.space && other->low < box.high && box.low < other->high)
          share(*other, box);
      alive.push_back(&box);
    }
  }
  /// Tests two boxes that share bytes, of which `b` begins no earlier.
  void share(const Box &a, const Box &b) {
    const int64_t low = std::max(a.low, b.low);
    v.require(Rule::apart, inPlace(a, b) || inPlace(b, a), timeline.name, ": at ", b.from,
              " two live things share bytes from ", low);
    if (a.space == 0 && v.errors.empty())
      change(low - std::min(a.high, b.high), b.from, std::min(a.to, b.to));
  }
  /// Returns the most live bytes. Sums are needed, and safe from overflow, only if nothing is wrong
  /// so far.
  int64_t mostLive() {
    if (!v.errors.empty())
      return 0;
    for (const Box &box : boxes)
      countLive(box);
    int64_t sum = 0, most = 0;
    for (int64_t bytes : live)
      most = std::max(most, sum += bytes);
    return most;
  }

  // In place, where it is required ---------------------------------------------

  void checkRequired(int32_t p) {
    const Event &e = plan.events[p];
    const Op &op = timeline.ops[e.op];
    for (const InPlacePair &pair : op.inPlace)
      for (size_t i = 0; pair.required && i < op.reads.size(); ++i)
        if (op.reads[i] == pair.input)
          checkPair({pair.input, e.reads[i]}, {pair.output, e.instance}, op, p);
  }
  void checkPair(const Key &input, const Key &output, const Op &op, int32_t p) {
    const auto in = offsets.find(input), out = offsets.find(output);
    if (in == offsets.end() || out == offsets.end())
      return; // reported already
    v.require(Rule::inPlaceOffset, in->second == out->second, timeline.name, ": '", op.name,
              "' does not run in place, as it must");
    v.require(Rule::inPlaceLast, v.instances.at(input).last == v.finish[p], timeline.name, ": ",
              input, " is used after '", op.name, "' has destroyed it");
  }
};

} // namespace

void checkHomes(Validation &v) {
  std::vector<int32_t> count(v.problem.values.size(), 0);
  std::map<ValueId, int64_t> homes;
  for (const Placement &p : v.solution.residents) {
    const Value &value = v.problem.values[p.value];
    const int64_t home = homes.insert({v.group[p.value], p.offset}).first->second;
    ++count[p.value];
    v.require(Rule::residentHome, v.resident(p.value), "'", value.name, "' has a home");
    v.require(Rule::homeSpace, p.space == value.space, "the home of '", value.name, "' is in '",
              v.problem.spaces[p.space].name, "'");
    v.require(Rule::versionsTogether, p.offset == home, "the home of '", value.name,
              "' is not that of its other version");
    checkRange(v, p.offset, value.bytes, value.alignment, p.space, "home of '" + value.name + "'");
    if (value.pinned)
      v.require(Rule::pinned, p.offset == *value.pinned, "the home of '", value.name, "' is at ",
                p.offset, ", but pinned to ", *value.pinned);
  }
  for (size_t value = 0; value < count.size(); ++value)
    if (v.resident(static_cast<ValueId>(value)))
      v.require(Rule::oneHome, count[value] == 1, "'", v.problem.values[value].name, "' has ",
                count[value], " homes");
}

int64_t checkPlaces(Validation &v, const Timeline &timeline, const TimelinePlan &plan) {
  Places places{v, timeline, plan};
  places.addHomes();
  for (const Placement &p : plan.placements)
    places.addPlacement(p);
  places.checkAllPlaced();
  places.addWorkspaces();
  places.checkApart();
  for (int32_t p = 0; p < places.length(); ++p)
    if (plan.events[p].kind == EventKind::Run)
      places.checkRequired(p);
  return places.mostLive();
}

} // namespace plimsoll::planner
