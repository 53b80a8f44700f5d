//===- Dependences.h - what must run before what ------------------------------===//

#pragma once

#include "passes/planner/Problem.h"

namespace plimsoll::planner {

/// The order that the operations of one timeline must keep: data, `after`,
/// readers before the operation that overwrites what they read.
/// Ids out of range are skipped, so that a problem not yet checked can be asked.
struct Dependences {
  Dependences(const Problem &problem, const Timeline &timeline);

  std::vector<std::vector<OpId>> before;  ///< of each operation: those it waits for, sorted
  std::vector<std::vector<OpId>> behind;  ///< those that wait for it, sorted
  std::vector<OpId> writer;               ///< of each value: operation of this timeline or `none`
  std::vector<std::vector<OpId>> readers; ///< of each value
};

/// The given order with `asSoonAsPossible` operations moved up behind the last
/// operation that they wait for, and others deferred only where they must be.
/// Shorter than the timeline if there is a cycle.
std::vector<OpId> programOrder(const Timeline &timeline, const Dependences &dependences);

} // namespace plimsoll::planner
