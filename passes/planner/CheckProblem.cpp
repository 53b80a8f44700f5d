//===- CheckProblem.cpp - what is wrong with a problem ------------------------===//

#include "passes/planner/CheckMachine.h"
#include "passes/planner/Dependences.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace plimsoll::planner {

namespace {

/// Sums of sizes stay below this, so that solvers can add them without overflow.
constexpr int64_t maxTotal = std::numeric_limits<int64_t>::max() / 64;

bool isPowerOfTwo(int64_t x) {
  return x > 0 && (x & (x - 1)) == 0;
}

std::string number(int64_t x) {
  return std::to_string(x);
}

class Checker {
public:
  explicit Checker(const Problem &problem)
      : problem(problem), home(problem.values.size(), none), written(problem.values.size()) {}

  std::vector<std::string> run() {
    checkMachine(problem, errors);
    for (size_t v = 0; v < problem.values.size(); ++v)
      checkValue(static_cast<ValueId>(v));
    checkPinned();
    for (size_t t = 0; t < problem.timelines.size(); ++t)
      checkTimeline(static_cast<int32_t>(t));
    return std::move(errors);
  }

private:
  void error(std::string line) { errors.push_back(std::move(line)); }

  bool known(ValueId v) const { return v >= 0 && static_cast<size_t>(v) < problem.values.size(); }
  bool resident(ValueId v) const { return problem.values[v].lifetime == Lifetime::Resident; }
  std::string text(ValueId v) const {
    return "value " + number(v) + (known(v) ? " '" + problem.values[v].name + "'" : "");
  }
  std::string text(const Timeline &timeline, OpId op) const {
    return timeline.name + ": operation " + number(op) + " '" + timeline.ops[op].name + "'";
  }

  /// Adds to a running total of bytes and reports when it leaves the range.
  void addBytes(int64_t bytes, int64_t alignment, const std::string &what) {
    if (bytes < 0 || alignment <= 0 || overflow)
      return;
    if (alignment > maxTotal - total || bytes > maxTotal - total - alignment) {
      overflow = true;
      error(what + ": the sum of all sizes overflows 64 bits");
      return;
    }
    total += bytes + alignment;
  }

  void checkValue(ValueId v) {
    const Value &value = problem.values[v];
    if (value.bytes < 0)
      error(text(v) + ": its size is negative (" + number(value.bytes) + " bytes)");
    if (!isPowerOfTwo(value.alignment))
      error(text(v) + ": alignment " + number(value.alignment) + " is not a power of two");
    if (value.space < 0 || static_cast<size_t>(value.space) >= problem.spaces.size())
      error(text(v) + ": there is no space " + number(value.space));
    if (value.lifetime != Lifetime::Transient && value.lifetime != Lifetime::Resident)
      error(text(v) + ": is neither transient nor resident");
    addBytes(value.bytes, value.alignment, text(v));
    if (!value.pinned)
      return;
    if (*value.pinned < 0 || *value.pinned > maxTotal)
      error(text(v) + ": pinned to offset " + number(*value.pinned) + ", out of range");
    else if (isPowerOfTwo(value.alignment) && *value.pinned % value.alignment != 0)
      error(text(v) + ": pinned to an offset that its alignment does not divide");
  }

  /// Tests the pinned values that are certainly alive together: residents, and inputs of one
  /// timeline.
  void checkPinned() {
    std::vector<ValueId> residents;
    for (size_t v = 0; v < problem.values.size(); ++v)
      if (problem.values[v].pinned && resident(static_cast<ValueId>(v)))
        residents.push_back(static_cast<ValueId>(v));
    checkPinnedApart(residents);
    for (const Timeline &timeline : problem.timelines) {
      std::vector<ValueId> together = residents;
      for (ValueId v : timeline.liveAtStart)
        if (known(v) && problem.values[v].pinned && !resident(v))
          together.push_back(v);
      if (together.size() > residents.size())
        checkPinnedApart(together);
    }
  }

  void checkPinnedApart(std::vector<ValueId> ids) {
    if (!errors.empty())
      return; // sizes and offsets are valid from here on
    auto key = [&](ValueId v) {
      return std::pair(problem.values[v].space, *problem.values[v].pinned);
    };
    std::sort(ids.begin(), ids.end(), [&](ValueId a, ValueId b) { return key(a) < key(b); });
    for (size_t i = 1; i < ids.size(); ++i) {
      const Value &low = problem.values[ids[i - 1]], &high = problem.values[ids[i]];
      if (low.space == high.space && *low.pinned + low.bytes > *high.pinned && high.bytes > 0 &&
          !sameVersionedPlace(ids[i - 1], ids[i]))
        error(text(ids[i - 1]) + " and " + text(ids[i]) + ": pinned to bytes that overlap");
    }
  }

  bool sameVersionedPlace(ValueId a, ValueId b) const {
    for (const Timeline &timeline : problem.timelines)
      for (const Op &op : timeline.ops)
        for (const Overwrite &o : op.overwrites)
          if ((o.before == a && o.after == b) || (o.before == b && o.after == a))
            return true;
    return false;
  }

  void checkTimeline(int32_t t) {
    const Timeline &timeline = problem.timelines[t];
    std::vector<char> exists(problem.values.size(), 0);
    checkLiveAtStart(timeline, t, exists);
    for (size_t i = 0; i < timeline.ops.size(); ++i)
      collectWrites(timeline, t, static_cast<OpId>(i));
    overwritten.assign(problem.values.size(), 0);
    if (!std::isfinite(timeline.weight) || timeline.weight < 0)
      error(timeline.name + ": its weight is negative or not finite");
    double seconds = 0;
    for (size_t i = 0; i < timeline.ops.size(); ++i) {
      checkOp(timeline, t, static_cast<OpId>(i), exists);
      if (!timeline.ops[i].alternatives.empty())
        seconds += timeline.ops[i].alternatives.back().seconds;
    }
    if (!std::isfinite(seconds * std::max(1.0, timeline.weight)))
      error(timeline.name + ": the sum of all seconds is not finite");
    for (ValueId v : timeline.liveAtEnd)
      if (!known(v) || (!resident(v) && !exists[v]))
        error(timeline.name + ": live at the end, but never made: " + text(v));
    checkCycles(timeline);
  }

  void checkLiveAtStart(const Timeline &timeline, int32_t t, std::vector<char> &exists) {
    for (ValueId v : timeline.liveAtStart) {
      if (!known(v)) {
        error(timeline.name + ": live at start: there is no " + text(v));
        continue;
      }
      if (resident(v))
        error(timeline.name + ": live at start: " + text(v) + " is resident, so it always is");
      if (exists[v])
        error(timeline.name + ": live at start: " + text(v) + " is named twice");
      exists[v] = 1;
      claim(timeline, t, v);
    }
  }

  /// Records that `v` is used by timeline `t`: a transient value belongs to one timeline.
  void claim(const Timeline &timeline, int32_t t, ValueId v) {
    if (resident(v) || home[v] == t)
      return;
    if (home[v] != none)
      error(timeline.name + ": " + text(v) + " belongs to timeline '" +
            problem.timelines[home[v]].name + "'");
    home[v] = t;
  }

  void collectWrites(const Timeline &timeline, int32_t t, OpId op) {
    for (ValueId v : timeline.ops[op].writes) {
      if (!known(v))
        continue;
      if (written[v] == t + 1)
        error(text(timeline, op) + ": writes " + text(v) + ", as another operation does");
      written[v] = t + 1;
    }
  }

  void checkOp(const Timeline &timeline, int32_t t, OpId op, std::vector<char> &exists);
  void checkAlternatives(const Timeline &timeline, OpId op);
  void checkInPlace(const Timeline &timeline, OpId op);
  void checkOverwrites(const Timeline &timeline, OpId op);

  void checkCycles(const Timeline &timeline) {
    const Dependences dependences(problem, timeline);
    std::vector<OpId> order = programOrder(timeline, dependences);
    if (order.size() == timeline.ops.size())
      return;
    std::vector<char> done(timeline.ops.size(), 0);
    for (OpId op : order)
      done[op] = 1;
    const auto stuck = std::find(done.begin(), done.end(), 0) - done.begin();
    error(text(timeline, static_cast<OpId>(stuck)) +
          ": is in or behind a cycle (data, 'after', or readers of what it overwrites)");
  }

  const Problem &problem;
  std::vector<std::string> errors;
  std::vector<int32_t> home;     ///< of each value: the timeline of a transient one
  std::vector<int32_t> written;  ///< of each value: 1 + the timeline that last wrote it
  std::vector<char> overwritten; ///< of each value, in the timeline being checked
  int64_t total = 0;
  bool overflow = false;
};

void Checker::checkOp(const Timeline &timeline, int32_t t, OpId op, std::vector<char> &exists) {
  const Op &o = timeline.ops[op];
  const std::string where = text(timeline, op);
  const bool works = o.resource >= 0 && o.resource < std::ssize(problem.resources);
  std::vector<ValueId> reads = o.reads;
  std::sort(reads.begin(), reads.end());
  for (size_t i = 0; i < reads.size(); ++i) {
    const ValueId v = reads[i];
    if (!known(v))
      error(where + ": reads " + text(v) + ", which does not exist");
    else if (i > 0 && reads[i - 1] == v)
      error(where + ": reads " + text(v) + " twice in its list");
    else if (!exists[v] && !(resident(v) && written[v] != t + 1))
      error(where + ": reads " + text(v) + " before it exists");
  }
  for (ValueId v : o.writes) {
    if (!known(v)) {
      error(where + ": writes " + text(v) + ", which does not exist");
      continue;
    }
    const bool version = std::any_of(o.overwrites.begin(), o.overwrites.end(),
                                     [&](const Overwrite &w) { return w.after == v; });
    if (resident(v) && !version)
      error(where + ": writes resident " + text(v) + " without overwriting one");
    if (!resident(v) && exists[v])
      error(where + ": writes " + text(v) + ", which exists already");
    if (!resident(v) && works && problem.values[v].space != problem.resources[o.resource].space)
      error(where + ": writes " + text(v) + " in another space than it works in");
    exists[v] = 1;
    claim(timeline, t, v);
  }
  for (OpId earlier : o.after)
    if (earlier < 0 || static_cast<size_t>(earlier) >= timeline.ops.size() || earlier == op)
      error(where + ": cannot run after operation " + number(earlier));
  if (!works)
    error(where + ": there is no resource " + number(o.resource));
  checkAlternatives(timeline, op);
  checkInPlace(timeline, op);
  checkOverwrites(timeline, op);
}

void Checker::checkAlternatives(const Timeline &timeline, OpId op) {
  const std::string where = text(timeline, op);
  if (timeline.ops[op].alternatives.empty())
    error(where + ": has no alternative to run");
  for (const Alternative &a : timeline.ops[op].alternatives) {
    if (!std::isfinite(a.seconds) || a.seconds < 0)
      error(where + ": its seconds are negative or not finite");
    if (a.workspaceBytes < 0)
      error(where + ": its workspace is negative (" + number(a.workspaceBytes) + " bytes)");
    if (!isPowerOfTwo(a.workspaceAlignment))
      error(where + ": workspace alignment is not a power of two");
    addBytes(a.workspaceBytes, a.workspaceAlignment, where);
  }
  if (!std::is_sorted(
          timeline.ops[op].alternatives.begin(), timeline.ops[op].alternatives.end(),
          [](const Alternative &a, const Alternative &b) { return a.seconds < b.seconds; }))
    error(where + ": its alternatives do not go from fast to slow");
}

void Checker::checkInPlace(const Timeline &timeline, OpId op) {
  const Op &o = timeline.ops[op];
  const std::string where = text(timeline, op);
  std::vector<ValueId> required;
  for (const InPlacePair &pair : o.inPlace) {
    const bool listed = std::count(o.reads.begin(), o.reads.end(), pair.input) == 1 &&
                        std::count(o.writes.begin(), o.writes.end(), pair.output) == 1;
    if (!listed || !known(pair.input) || !known(pair.output)) {
      error(where + ": in place from " + text(pair.input) + " to " + text(pair.output) +
            ", but it does not read the one and write the other");
      continue;
    }
    const Value &in = problem.values[pair.input], &out = problem.values[pair.output];
    if (resident(pair.input) || resident(pair.output))
      error(where + ": in place between residents; say that it overwrites");
    if (out.bytes > in.bytes || out.space != in.space)
      error(where + ": " + text(pair.output) + " does not fit in place of " + text(pair.input));
    if (!pair.required)
      continue;
    if (in.pinned != out.pinned)
      error(where + ": in place is required, but the two values are pinned apart");
    for (ValueId v : {pair.input, pair.output}) {
      if (std::count(required.begin(), required.end(), v))
        error(where + ": " + text(v) + " is in two required pairs");
      required.push_back(v);
    }
    if (std::count(timeline.liveAtEnd.begin(), timeline.liveAtEnd.end(), pair.input))
      error(where + ": destroys " + text(pair.input) + ", which must be live at the end");
  }
}

void Checker::checkOverwrites(const Timeline &timeline, OpId op) {
  const Op &o = timeline.ops[op];
  const std::string where = text(timeline, op);
  for (const Overwrite &w : o.overwrites) {
    if (!known(w.before) || !resident(w.before)) {
      error(where + ": overwrites " + text(w.before) + ", which is not resident");
      continue;
    }
    if (!std::count(o.reads.begin(), o.reads.end(), w.before))
      error(where + ": overwrites " + text(w.before) + ", which it does not read");
    if (overwritten[w.before])
      error(where + ": " + text(w.before) + " is overwritten twice");
    overwritten[w.before] = 1;
    if (w.after == none)
      continue;
    const bool fits = known(w.after) && w.after != w.before && resident(w.after) &&
                      problem.values[w.after].bytes == problem.values[w.before].bytes &&
                      problem.values[w.after].space == problem.values[w.before].space &&
                      problem.values[w.after].pinned == problem.values[w.before].pinned;
    if (!fits || !std::count(o.writes.begin(), o.writes.end(), w.after))
      error(where + ": overwrites " + text(w.before) + " by " + text(w.after) +
            ", which is not a resident of the same size that it writes");
  }
}

} // namespace

std::vector<std::string> checkProblem(const Problem &problem) {
  return Checker(problem).run();
}

} // namespace plimsoll::planner
