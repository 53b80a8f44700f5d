//===- Choices.h - which alternative of an operation runs -----------------------------===//

#pragma once

#include "passes/planner/Liveness.h"

namespace plimsoll::planner {

/// The alternative of `op` with the least workspace; the fastest of those.
int32_t leastAlternative(const Op &op);

/// True if some operation of `problem` can be run in less memory, and slower: with less
/// workspace, or waited for at once where it runs beside the main stream.
bool canRunSmaller(const Problem &problem);

/// For each position of `sequence` the fastest alternative with which the live bytes stay
/// within `budget`, where the other positions have any; the least where none does.
/// `graph` is that of the least alternatives.
std::vector<int32_t> fastestWithin(const RematGraph &graph, const Problem &problem,
                                   const Timeline &timeline, const std::vector<OpId> &sequence,
                                   int64_t budget);

} // namespace plimsoll::planner
