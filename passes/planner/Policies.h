//===- Policies.h - checkpointing by rule, to compare with ------------------------------===//

#pragma once

#include "passes/planner/Dependences.h"

namespace plimsoll::planner {

/// Checkpoints every `every` launches of the forward pass: what is alive there is kept,
/// and what lies between two checkpoints runs again, a whole segment at once, before the
/// first operation of the backward pass that reads some of it. The last segment is kept.
/// `every` 0: the square root of the number of launches, whose memory grows as O(sqrt n)
/// (Chen et al. 2016, "Training deep nets with sublinear memory cost").
///
/// `base` is an order without copies; the forward pass are the operations that the first
/// value of `Timeline::liveAtEnd` (the loss) needs. A timeline without a backward pass is
/// answered with `base`.
std::vector<OpId> checkpointedSequence(const Problem &problem, const Timeline &timeline,
                                       const Dependences &dependences,
                                       const std::vector<OpId> &base, int32_t every);

} // namespace plimsoll::planner
