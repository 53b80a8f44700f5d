//===- Choices.h - which alternative of an operation runs -----------------------------===//

#pragma once

#include "passes/planner/Liveness.h"

namespace plimsoll::planner {

/// Returns the index of the alternative of `op` with the least workspace; of equals the first,
/// which is the fastest.
int32_t leastAlternative(const Op &op);

/// True if some operation of `problem` can run in less memory, but slower: with less workspace, or,
/// if it runs beside the main stream, by being waited for at once.
bool canRunSmaller(const Problem &problem);

/// Returns for each position of `sequence` the fastest alternative whose workspace fits into
/// `budget` beside the bytes live there, or the one with the least workspace if none fits or the
/// operation's workspace is not in the arena. `graph` must be made with `Alternatives::Least`.
std::vector<int32_t> fastestWithin(const RematGraph &graph, const Problem &problem,
                                   const Timeline &timeline, const std::vector<OpId> &sequence,
                                   int64_t budget);

} // namespace plimsoll::planner
