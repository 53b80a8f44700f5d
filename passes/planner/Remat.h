//===- Remat.h - which operations to run again ----------------------------------------===//

#pragma once

#include "passes/planner/RematGraph.h"
#include "passes/planner/Solve.h"

namespace plimsoll::planner {

struct RematOptions {
  int64_t budget = 0;    ///< bytes, residents included
  int64_t work = 0;      ///< steps of search allowed
  int64_t stallWork = 0; ///< stop after so much without a better plan; 0: never
  double timeLimit = 0;  ///< seconds, 0 for none
  uint64_t seed = 1;
};

struct RematResult {
  bool feasible = false;         ///< live bytes are within the budget
  std::vector<int32_t> sequence; ///< the cheapest found; if not feasible, the lowest peak
  double cost = 0;
  int64_t peak = 0;
  int64_t work = 0;
};

/// Inserts instances into `base` (which may hold some already) until the live
/// bytes stay within the budget, at little cost. The order of `base` is kept.
///
/// At the position of the peak the value with the least cost per byte freed is
/// cut: it dies after its last read and is made again just before the next one,
/// with those of its inputs that are dead by then (the cone, grown one by one
/// while it pays). Then copies nothing needs are taken out, and groups of copies
/// are ruined and made anew with noise, the best plan kept.
RematResult rematerialise(const RematGraph &graph, const std::vector<int32_t> &base,
                          const RematOptions &options);

/// Few enough operations and values for an exact answer?
bool isSmall(const RematGraph &graph);

/// The cheapest sequence, in any order, for a small graph; not feasible if there
/// is none or it is too large after all.
RematResult rematerialiseExactly(const RematGraph &graph, const Dependences &dependences,
                                 int64_t budget);

/// Work for one problem on its own.
int64_t rematWork(Effort effort, size_t nodes);

} // namespace plimsoll::planner
