//===- Dependences.h - what must run before what ------------------------------===//

#pragma once

#include "passes/planner/Problem.h"

namespace plimsoll::planner {

/// The partial order that the operations of one timeline must keep: writers before readers, `after`
/// edges, and readers before the operation that overwrites what they read. Ids out of range are
/// skipped, so that the constructor accepts a problem not yet checked.
struct Dependences {
  Dependences(const Problem &problem, const Timeline &timeline);

  std::vector<std::vector<OpId>> before;  ///< of each operation: what it waits for, sorted
  std::vector<std::vector<OpId>> behind;  ///< of each operation: what waits for it, sorted
  std::vector<OpId> writer;               ///< of each value: operation of this timeline or `none`
  std::vector<std::vector<OpId>> readers; ///< of each value: the operations that read it
};

/// Returns the operations in their given order, except that an `asSoonAsPossible` operation moves
/// up behind the last one it waits for, and an operation moves down where a dependence forces it
/// to. The result is shorter than the timeline if there is a cycle.
std::vector<OpId> programOrder(const Timeline &timeline, const Dependences &dependences);

} // namespace plimsoll::planner
