//===- Sequence.h - from an order of operations to a placed timeline -----------===//

#pragma once

#include "passes/planner/Solve.h"

namespace plimsoll::planner {

/// Places of all residents, the same for every timeline.
struct ResidentLayout {
  std::vector<Placement> placements;
  std::vector<int64_t> top;  ///< of each space: the end of its highest resident
  int64_t residentBytes = 0; ///< in space 0, versions counted once
  bool holes = false;        ///< transients must be packed around pinned residents
};

ResidentLayout layoutResidents(const Problem &problem);

/// How the operations of a sequence run.
struct Manner {
  std::vector<int32_t> alternatives; ///< of each position of the sequence; empty: all 0
  /// The main stream waits for an operation of another resource directly behind it, so that the
  /// operation holds its bytes no longer than one on the main stream would; if false, it waits as
  /// late as possible.
  bool waitAtOnce = false;
};

/// Returns the events of `sequence`, in which an operation may occur several times: each event
/// reads the latest instance of its inputs. Nothing is copied. The lives of all transient
/// instances, the clocks and the cost are filled in; offsets are 0.
TimelinePlan makeTimeline(const Problem &problem, const Timeline &timeline,
                          const std::vector<OpId> &sequence, const Manner &manner = {});

/// Returns for each event of `plan` the position at which it is finished: its own, or that of its
/// wait.
std::vector<int32_t> finishPositions(const TimelinePlan &plan);

/// Sets the offset of every placement and workspace of `plan`; an output takes its input's bytes
/// wherever the pair is allowed and the input dies there. Raises `spaceBytes` to what is used.
/// Returns false if pinned values cannot be honoured.
bool placeTimeline(const Problem &problem, const Timeline &timeline, const ResidentLayout &layout,
                   Effort effort, TimelinePlan &plan, std::vector<int64_t> &spaceBytes);

/// Returns the least multiple of `alignment` that is not below `bytes`.
inline int64_t alignUp(int64_t bytes, int64_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

} // namespace plimsoll::planner
