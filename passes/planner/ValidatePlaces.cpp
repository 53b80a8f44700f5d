//===- ValidatePlaces.cpp - does everything alive have its own bytes? ----------===//

#include "passes/planner/ValidateInternal.h"

#include <algorithm>

namespace plimsoll::planner {

namespace {

struct Box {
  int64_t low, high;
  int32_t from, to;
  SpaceId space;
  Key key;
};

/// May `later` take over the bytes of `earlier` at the position they share?
bool inPlace(const Timeline &timeline, const TimelinePlan &plan, const Box &earlier,
             const Box &later) {
  const Event &e = plan.events[later.from];
  if (earlier.to != later.from + 1 || earlier.low != later.low || e.kind != EventKind::Run ||
      e.instance != later.key.second)
    return false;
  const Op &op = timeline.ops[e.op];
  for (const InPlacePair &pair : op.inPlace)
    for (size_t i = 0; i < op.reads.size(); ++i)
      if (pair.input == earlier.key.first && pair.output == later.key.first &&
          op.reads[i] == pair.input && e.reads[i] == earlier.key.second)
        return true;
  return false;
}

void checkApart(Validation &v, const Timeline &timeline, const TimelinePlan &plan,
                std::vector<Box> &boxes) {
  std::stable_sort(boxes.begin(), boxes.end(),
                   [](const Box &a, const Box &b) { return a.from < b.from; });
  std::vector<const Box *> alive;
  for (const Box &box : boxes) {
    std::erase_if(alive, [&](const Box *b) { return b->to <= box.from; });
    for (const Box *b : alive)
      if (b->space == box.space && b->low < box.high && box.low < b->high)
        v.require(inPlace(timeline, plan, *b, box) || inPlace(timeline, plan, box, *b),
                  "at " + std::to_string(box.from) + " two live things share bytes from " +
                      std::to_string(std::max(b->low, box.low)));
    if (box.to > box.from)
      alive.push_back(&box);
  }
}

/// Required pairs: the output starts where the input does.
void checkRequired(Validation &v, const Timeline &timeline, const TimelinePlan &plan,
                   const std::map<Key, int64_t> &offsets) {
  for (const Event &e : plan.events) {
    if (e.kind != EventKind::Run)
      continue;
    const Op &op = timeline.ops[e.op];
    for (const InPlacePair &pair : op.inPlace)
      for (size_t i = 0; pair.required && i < op.reads.size(); ++i)
        if (op.reads[i] == pair.input) {
          const auto in = offsets.find({pair.input, e.reads[i]});
          const auto out = offsets.find({pair.output, e.instance});
          v.require(in != offsets.end() && out != offsets.end() && in->second == out->second &&
                        v.lives[in->first].last == v.lives[out->first].made,
                    op.name + ": does not run in place, as it must");
        }
  }
}

} // namespace

void checkPlaces(Validation &v, const Timeline &timeline, const TimelinePlan &plan) {
  const int32_t length = static_cast<int32_t>(plan.events.size());
  std::vector<Box> boxes;
  std::map<Key, int64_t> offsets;
  auto add = [&](Box box, int64_t alignment, const std::string &what) {
    v.require(box.low >= 0 && box.low % alignment == 0 &&
                  box.high <= v.solution.spaceBytes.at(box.space) &&
                  (box.space != 0 || box.high <= plan.arenaBytes),
              what + ": offset " + std::to_string(box.low) +
                  " is not aligned or outside its space");
    if (box.high > box.low)
      boxes.push_back(box);
  };
  std::map<ValueId, int64_t> groups;
  for (const Placement &p : v.solution.residents) {
    const Value &value = v.problem.values.at(p.value);
    const bool first = groups.insert({v.group[p.value], p.offset}).second;
    v.require(value.lifetime == Lifetime::Resident &&
                  offsets.insert({{p.value, 0}, p.offset}).second &&
                  groups[v.group[p.value]] == p.offset && p.offset % value.alignment == 0 &&
                  p.space == value.space && p.offset == value.pinned.value_or(p.offset),
              value.name + ": not in its place, or apart from its other version");
    if (first)
      add({p.offset, p.offset + value.bytes, 0, length, p.space, {p.value, 0}}, value.alignment,
          value.name);
  }
  for (const Placement &p : plan.placements) {
    const Value &value = v.problem.values.at(p.value);
    const Key key{p.value, p.instance};
    const auto life = v.lives.find(key);
    v.require(life != v.lives.end() && offsets.insert({key, p.offset}).second &&
                  p.space == life->second.space && p.from <= life->second.made &&
                  p.to > life->second.last && p.offset == value.pinned.value_or(p.offset),
              v.text(key) + ": place and life do not match");
    add({p.offset, p.offset + value.bytes, p.from, p.to, p.space, key}, value.alignment,
        v.text(key));
  }
  for (size_t value = 0; value < v.problem.values.size(); ++value)
    if (v.resident(static_cast<ValueId>(value)))
      v.lives[{static_cast<ValueId>(value), 0}] = {};
  for (const auto &[key, life] : v.lives)
    v.require(offsets.count(key) == 1, v.text(key) + ": has no place");
  std::vector<char> scratch(plan.events.size(), 0);
  for (const WorkspacePlacement &w : plan.workspaces) {
    const Event &e = plan.events.at(w.position);
    const Alternative &a = timeline.ops.at(e.op).alternatives.at(e.alternative);
    int32_t to = e.stream == 0 ? w.position + 1 : length; // beside the main stream: until its wait
    for (int32_t p = length - 1; e.stream != 0 && p > w.position; --p)
      if (plan.events[p].kind == EventKind::Wait && plan.events[p].waitsFor == w.position)
        to = p + 1;
    v.require(w.bytes >= a.workspaceBytes && scratch[w.position]++ == 0,
              timeline.ops[e.op].name + ": workspace is too small or there twice");
    add({w.offset, w.offset + w.bytes, w.position, to, 0, {none, 0}}, a.workspaceAlignment,
        timeline.ops[e.op].name);
  }
  for (size_t p = 0; p < plan.events.size(); ++p)
    if (const Event &e = plan.events[p]; e.kind == EventKind::Run)
      v.require(scratch[p] || timeline.ops[e.op].alternatives[e.alternative].workspaceBytes == 0,
                timeline.ops[e.op].name + ": has no workspace");
  checkApart(v, timeline, plan, boxes);
  checkRequired(v, timeline, plan, offsets);
}

std::vector<std::string> validate(const Problem &problem, const Solution &solution) {
  std::vector<std::string> errors;
  Validation v{problem, solution, errors};
  for (size_t value = 0; value < problem.values.size(); ++value)
    v.group.push_back(static_cast<ValueId>(value));
  for (const Timeline &timeline : problem.timelines)
    for (const Op &op : timeline.ops)
      for (const Overwrite &w : op.overwrites)
        if (w.after != none)
          std::replace(v.group.begin(), v.group.end(), ValueId(v.group[w.after]),
                       ValueId(v.group[w.before]));
  if (!v.require(solution.timelines.size() == problem.timelines.size() &&
                     solution.spaceBytes.size() == problem.spaces.size() &&
                     solution.spaceBytes[0] == solution.arenaBytes,
                 "the solution is of another shape than the problem") ||
      !checkIds(v))
    return errors;
  for (size_t t = 0; t < problem.timelines.size(); ++t) {
    v.lives.clear();
    replay(v, problem.timelines[t], solution.timelines[t].events);
    checkPlaces(v, problem.timelines[t], solution.timelines[t]);
  }
  for (size_t s = 0; s < problem.spaces.size(); ++s)
    v.require(problem.spaces[s].capacity == none ||
                  solution.spaceBytes[s] <= problem.spaces[s].capacity,
              problem.spaces[s].name + ": is fuller than it can be");
  return errors;
}

} // namespace plimsoll::planner
