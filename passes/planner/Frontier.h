//===- Frontier.h - the canonical ladder of plans ----------------------------------------===//

#pragma once

#include "passes/planner/Sequence.h"

namespace plimsoll::planner {

/// One plan of the whole problem.
struct Member {
  std::vector<TimelinePlan> timelines;
  std::vector<int64_t> spaceBytes;
  int64_t arenaBytes = 0;
  double cost = 0;
  bool valid = false; ///< false if pinned values could not be honoured
};

/// Plans from unconstrained to the smallest found. The targets depend on the
/// problem and the effort alone, never on a budget asked: the cheapest member
/// that fits a budget cannot get dearer when the budget grows.
class Frontier {
public:
  Frontier(const Problem &problem, const ResidentLayout &layout, const Options &options);

  /// A plan that is no member: checkpoints by rule (see Policies.h).
  Member checkpointed(int32_t every) const;
  /// The plan without any recomputation.
  const Member &unconstrained() const { return members[0]; }
  /// Solves the whole ladder (once).
  void solveLadder();
  /// The cost that no plan of at most `budget` bytes is below whose operations run for
  /// the first time in the order found here (proven).
  double costBound(int64_t budget) const;
  /// The cheapest member of at most `budget` bytes; the smallest if there is none.
  const Member &choose(int64_t budget) const;
  const std::vector<Member> &all() const { return members; }

  int64_t planBound = 0; ///< bytes: no plan is smaller (proven)
  int64_t work = 0;

private:
  bool addRung(int64_t target);
  TimelinePlan placed(size_t timeline, const std::vector<int32_t> &sequence,
                      std::vector<int64_t> &spaceBytes, bool &valid) const;

  const Problem &problem;
  const ResidentLayout &layout;
  const Options &options;
  std::vector<Member> members;
  std::vector<std::vector<int32_t>> sequences; ///< of each timeline, of the last rung
  std::vector<std::vector<int32_t>> bases;     ///< of each timeline, without copies
  bool solved = false;
  bool exact = true; ///< small enough for exact rungs, each a byte below the last
};

} // namespace plimsoll::planner
