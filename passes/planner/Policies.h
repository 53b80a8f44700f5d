//===- Policies.h - checkpointing by rule, to compare with ------------------------------===//

#pragma once

#include "passes/planner/Dependences.h"

namespace plimsoll::planner {

/// Returns the sequence of checkpointing by rule, with a checkpoint every `every` launches of the
/// forward pass. What is alive at a checkpoint is kept; what lies between two runs again, a whole
/// segment at once, before the first operation of the backward pass that reads some of it. The last
/// segment is kept. If `every` is 0, it is the square root of the number of launches, with which
/// memory grows as O(sqrt n) (Chen et al. 2016, "Training deep nets with sublinear memory cost").
///
/// `base` is an order without recomputation. The forward pass is what the first value of
/// `Timeline::liveAtEnd` (the loss) depends on. Returns `base` for a timeline without a backward
/// pass.
std::vector<OpId> checkpointedSequence(const Problem &problem, const Timeline &timeline,
                                       const Dependences &dependences,
                                       const std::vector<OpId> &base, int32_t every);

} // namespace plimsoll::planner
