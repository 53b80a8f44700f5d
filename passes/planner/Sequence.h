//===- Sequence.h - from an order of operations to a placed timeline -----------===//

#pragma once

#include "passes/planner/Solve.h"

namespace plimsoll::planner {

/// Places of all residents, the same for every timeline.
struct ResidentLayout {
  std::vector<Placement> placements;
  std::vector<int64_t> top;  ///< of each space: no resident is above
  int64_t residentBytes = 0; ///< in space 0, versions once
  bool holes = false;        ///< pinned values: transients must be packed around residents
};

ResidentLayout layoutResidents(const Problem &problem);

/// How the operations of a sequence run.
struct Manner {
  std::vector<int32_t> alternatives; ///< at each position of the sequence; empty: the first ones
  /// An operation beside the main stream is waited for where it is given out, so that it
  /// holds its bytes no longer than one on the main stream; else where it must be.
  bool waitAtOnce = false;
};

/// Events for `sequence`, in which an operation may stand several times: each
/// event reads the latest instance of its inputs. Nothing is copied. Fills in the lives of
/// all transient instances (their offsets are 0), the clocks and the cost.
TimelinePlan makeTimeline(const Problem &problem, const Timeline &timeline,
                          const std::vector<OpId> &sequence, const Manner &manner = {});

/// The position at which each event of `plan` is finished: its own, or that of its wait.
std::vector<int32_t> finishPositions(const TimelinePlan &plan);

/// Gives every placement and workspace of `plan` its offset; an output takes its
/// input's bytes wherever the pair is allowed and the input dies there.
/// `spaceBytes` grows to what is used. False if pinned values cannot be honoured.
bool placeTimeline(const Problem &problem, const Timeline &timeline, const ResidentLayout &layout,
                   Effort effort, TimelinePlan &plan, std::vector<int64_t> &spaceBytes);

/// The least multiple of `alignment` that is not below `bytes`.
inline int64_t alignUp(int64_t bytes, int64_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

} // namespace plimsoll::planner
