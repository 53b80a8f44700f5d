//===- RandomProblem.h - small random problems for property tests --------------===//

#pragma once

#include "ProblemBuilder.h"
#include "passes/planner/Random.h"

#include <algorithm>

namespace plimsoll::planner::test {

/// A forward and a backward chain with skips, weights that are updated, some
/// pairs in place, some operations with two outputs, of which nobody may read the
/// first: the shape of a training step in at most `count` operations.
inline Problem randomProblem(uint64_t seed, int32_t count) {
  Random random(seed);
  ProblemBuilder b;
  std::vector<ValueId> values = {b.input(8 * (1 + random.below(8)))};
  const ValueId weight = b.resident(8 * (1 + random.below(4)));
  for (int32_t i = 0; i < count; ++i) {
    const ValueId last = values.back();
    std::vector<ValueId> reads = {last};
    for (int k = 0; k < 2; ++k) { // the later half reads back what the earlier half made
      const int64_t mirror = std::ssize(values) - 1 - random.below(std::ssize(values));
      const ValueId v = values[static_cast<size_t>(mirror)];
      if (random.below(3) > 0 && std::find(reads.begin(), reads.end(), v) == reads.end())
        reads.push_back(v);
    }
    const bool update = i == count - 2 && random.below(2) == 0;
    if ((random.below(4) == 0 && i < count - 1) || update) // not after the update
      reads.push_back(weight);
    const ValueId out = b.value(8 * (1 + random.below(12)));
    std::vector<ValueId> writes = {out};
    if (!update && random.below(4) == 0)
      writes.insert(writes.begin(), b.value(b.problem.values[out].bytes));
    Op &op = b.op(reads, writes, static_cast<double>(1 + random.below(20)));
    if (update) {
      op.overwrites = {{weight, none}};
    } else if (random.below(3) == 0) {
      for (ValueId written : writes) { // only one of them can take over the bytes
        b.problem.values[written].bytes = b.problem.values[last].bytes;
        op.inPlace.push_back({last, written, false});
      }
    }
    op.alternatives[0].workspaceAlignment = 8; // the search knows live bytes only
    if (random.below(5) == 0)
      op.alternatives[0].workspaceBytes = 8 * random.below(6);
    op.recomputable = random.below(8) > 0;
    if (writes.size() > 1 && random.below(2) == 0)
      values.push_back(writes.front());
    values.push_back(out);
  }
  b.train().liveAtEnd = {values.back()};
  return b.problem;
}

} // namespace plimsoll::planner::test
