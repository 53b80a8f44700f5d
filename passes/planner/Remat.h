//===- Remat.h - which operations to run again ----------------------------------------===//

#pragma once

#include "passes/planner/RematGraph.h"
#include "passes/planner/Solve.h"

namespace plimsoll::planner {

struct RematOptions {
  int64_t budget = 0;    ///< bytes, residents included
  int64_t work = 0;      ///< steps of search allowed
  int64_t stallWork = 0; ///< stop after so much work without a better plan; 0: never
  double timeLimit = 0;  ///< seconds, 0 for none
  uint64_t seed = 1;
};

struct RematResult {
  bool feasible = false;         ///< live bytes are within the budget
  std::vector<int32_t> sequence; ///< cheapest found; if not feasible, that of the lowest peak
  double cost = 0;
  int64_t peak = 0;
  int64_t work = 0;
};

/// Inserts instances into `base` (which may contain repeated ones already) until the live bytes
/// stay within the budget, at little cost. Keeps the order of `base`.
///
/// At the position of the peak the value with the least cost per byte freed is cut: it dies after
/// its last read and is made again just before the next one, together with those of its inputs that
/// are dead by then (the cone, grown node by node while it pays). Then unneeded copies are removed,
/// and groups of copies are removed and made anew with noise; the best plan is kept.
RematResult rematerialise(const RematGraph &graph, const std::vector<int32_t> &base,
                          const RematOptions &options);

/// True if `graph` has few enough operations and values for an exact answer.
bool isSmall(const RematGraph &graph);

/// Returns the cheapest sequence, in any order, of a small graph. The result is not feasible if
/// there is none or the search exceeds its limits.
RematResult rematerialiseExactly(const RematGraph &graph, const Dependences &dependences,
                                 int64_t budget);

/// Returns the steps of search to allow for a single problem of `nodes` operations.
int64_t rematWork(Effort effort, size_t nodes);

} // namespace plimsoll::planner
