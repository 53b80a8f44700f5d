//===- Policies.cpp - checkpointing by rule, to compare with ----------------------------===//

#include "passes/planner/Policies.h"

#include <algorithm>
#include <cmath>

namespace plimsoll::planner {

namespace {

class Checkpointing {
public:
  Checkpointing(const Problem &problem, const Timeline &timeline, const Dependences &dependences,
                const std::vector<OpId> &base, int32_t every)
      : problem(problem), timeline(timeline), dependences(dependences), base(base),
        segment(timeline.ops.size(), none), overwritten(problem.values.size(), 0) {
    markForward();
    const int32_t count = static_cast<int32_t>(forward.size());
    const int32_t length =
        every > 0 ? every
                  : std::max(1, static_cast<int32_t>(std::lround(std::sqrt(double(count)))));
    last = count == 0 ? none : (count - 1) / length;
    for (int32_t i = 0; i < count; ++i)
      segment[forward[i]] = i / length;
    repeated.resize(last + 1, false);
  }

  std::vector<OpId> run() {
    std::vector<OpId> sequence;
    size_t left = forward.size(); // operations that run among these read what they made
    for (OpId op : base) {
      if (segment[op] == none && left == 0)
        repeatBefore(timeline.ops[op], sequence);
      left -= segment[op] != none;
      sequence.push_back(op);
    }
    return sequence;
  }

private:
  /// Marks the operations that the loss depends on, in the order of `base`.
  void markForward() {
    if (timeline.liveAtEnd.empty())
      return;
    std::vector<char> needed(timeline.ops.size(), 0);
    std::vector<OpId> pending;
    auto need = [&](ValueId v) {
      const OpId writer = dependences.writer[v];
      if (writer != none && !needed[writer]) {
        needed[writer] = 1;
        pending.push_back(writer);
      }
    };
    need(timeline.liveAtEnd[0]);
    while (!pending.empty()) {
      const OpId op = pending.back();
      pending.pop_back();
      for (ValueId v : timeline.ops[op].reads)
        need(v);
    }
    for (OpId op : base)
      if (needed[op]) {
        forward.push_back(op);
        for (const Overwrite &overwrite : timeline.ops[op].overwrites)
          overwritten[overwrite.before] = 1;
      }
  }

  /// True if `v` is made within a segment and read by the backward pass but by no other segment.
  bool isDropped(ValueId v) const {
    const OpId writer = dependences.writer[v];
    if (writer == none || segment[writer] == none || segment[writer] == last ||
        !canRepeat(writer) || problem.values[v].lifetime == Lifetime::Resident || isKept(v))
      return false;
    const auto &readers = dependences.readers[v];
    return std::any_of(readers.begin(), readers.end(),
                       [&](OpId reader) { return segment[reader] == none; });
  }

  /// False for an update, and for what reads a version that an operation the loss depends on
  /// overwrites.
  bool canRepeat(OpId op) const {
    const Op &o = timeline.ops[op];
    return o.recomputable && o.overwrites.empty() &&
           std::none_of(o.reads.begin(), o.reads.end(), [&](ValueId v) { return overwritten[v]; });
  }

  /// Appends what must run before `op` of the backward pass: the segments that make what it reads,
  /// and those that read what it overwrites (a parameter).
  void repeatBefore(const Op &op, std::vector<OpId> &sequence) {
    for (ValueId v : op.reads)
      if (isDropped(v))
        repeat(segment[dependences.writer[v]], sequence);
    for (const Overwrite &overwrite : op.overwrites)
      for (OpId reader : dependences.readers[overwrite.before])
        if (segment[reader] != none && segment[reader] != last)
          repeat(segment[reader], sequence);
  }

  /// Appends the operations of segment `s` that its dropped values depend on.
  void repeat(int32_t s, std::vector<OpId> &sequence) {
    if (repeated[s])
      return;
    repeated[s] = true;
    std::vector<char> wanted(timeline.ops.size(), 0);
    std::vector<OpId> run;
    for (auto it = forward.rbegin(); it != forward.rend(); ++it) {
      const OpId op = *it;
      if (segment[op] != s || !canRepeat(op))
        continue;
      for (ValueId v : timeline.ops[op].writes)
        wanted[op] |= isDropped(v);
      if (!wanted[op])
        continue;
      run.push_back(op);
      for (ValueId v : timeline.ops[op].reads)
        if (const OpId writer = dependences.writer[v];
            writer != none && segment[writer] == s && !isKept(v))
          wanted[writer] = 1;
    }
    sequence.insert(sequence.end(), run.rbegin(), run.rend());
  }

  /// True if `v` is a checkpoint: another segment reads it.
  bool isKept(ValueId v) const {
    const auto &readers = dependences.readers[v];
    return std::any_of(readers.begin(), readers.end(), [&](OpId reader) {
      return segment[reader] != none && segment[reader] != segment[dependences.writer[v]];
    });
  }

  const Problem &problem;
  const Timeline &timeline;
  const Dependences &dependences;
  const std::vector<OpId> &base;
  std::vector<OpId> forward;
  std::vector<int32_t> segment; ///< of each operation; `none`: backward pass and updates
  std::vector<char>
      overwritten; ///< of each value: an operation that the loss depends on writes over it
  std::vector<char> repeated; ///< of each segment: it ran again already
  int32_t last = none;        ///< segment
};

} // namespace

std::vector<OpId> checkpointedSequence(const Problem &problem, const Timeline &timeline,
                                       const Dependences &dependences,
                                       const std::vector<OpId> &base, int32_t every) {
  return Checkpointing(problem, timeline, dependences, base, every).run();
}

} // namespace plimsoll::planner
