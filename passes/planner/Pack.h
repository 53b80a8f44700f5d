//===- Pack.h - offsets for buffers whose lives are known --------------------===//
//
// Dynamic storage allocation: buffers are rectangles, fixed in time, to be
// shifted along the address axis so that no two overlap and the highest end is
// as low as possible. NP-hard; the lower bound is max-live.
//
//===----------------------------------------------------------------------===//

#pragma once

#include "passes/planner/Solve.h"

#include <span>

namespace plimsoll::planner {

struct Buffer {
  int64_t lower = 0; ///< alive in [lower, upper)
  int64_t upper = 0;
  int64_t size = 0;
  int64_t alignment = 1;
  int64_t fixed = none; ///< offset it must have, or `none`
};

struct PackOptions {
  int64_t capacity = none; ///< stop at a packing of at most this height; `none`: the lowest found
  Effort effort = Effort::Normal;
  double timeLimit = 0; ///< seconds, 0 for none: a stop by time is not reproducible
};

struct PackResult {
  std::vector<int64_t> offsets; ///< bytes, one for each buffer
  int64_t height = 0;           ///< highest end; `none` if fixed buffers overlap
  int64_t lowerBound = 0;       ///< max-live; no packing is lower
  bool proven = false;          ///< `height` is optimal
  bool timedOut = false;        ///< `timeLimit` stopped the search
  int64_t work = 0;             ///< steps of search done
};

/// Packs `buffers` with a portfolio, from cheap to dear, until the lower bound (or `capacity`) is
/// reached: a sweep in the order of starts, best and first fit in several orders, tree search,
/// ejection search. The two searches first treat buffers with the same life as one. Above 40,000
/// buffers only the sweep, best fit by size, and an ejection search run, whose work shrinks with
/// the number of buffers, so that a million take seconds.
PackResult pack(std::span<const Buffer> buffers, const PackOptions &options = {});

/// Returns the largest sum of sizes alive at one time.
int64_t maxLive(std::span<const Buffer> buffers);

} // namespace plimsoll::planner
