//===- Frontier.h - the canonical ladder of plans ----------------------------------------===//

#pragma once

#include "passes/planner/Remat.h"
#include "passes/planner/Sequence.h"

namespace plimsoll::planner {

/// One plan of the whole problem.
struct Member {
  std::vector<TimelinePlan> timelines;
  std::vector<int64_t> spaceBytes;
  int64_t arenaBytes = 0;
  double cost = 0;         ///< by the weights of the timelines
  double seconds = 0;      ///< sum over timelines, unweighted: breaks ties of cost
  SpaceId overfull = none; ///< a space beside the arena whose capacity is not enough
  bool valid = false;      ///< false if pinned values could not be honoured
};

/// The plans from unconstrained to the smallest found. The targets of the ladder depend on the
/// problem and the effort alone, never on the budget: so the cheapest member that fits a budget
/// cannot get dearer when the budget grows. If operations can run in less memory, a second ladder
/// makes use of it (see Style).
class Frontier {
public:
  Frontier(const Problem &problem, const ResidentLayout &layout, const Options &options);

  /// Returns the plan of checkpointing by rule (see Policies.h), which is not a member.
  Member checkpointed(int32_t every) const;
  /// Returns the plan without any recomputation.
  const Member &unconstrained() const { return members[0]; }
  /// Solves the whole ladder (once).
  void solveLadder();
  /// True if the plan without any recomputation is within `budget` and all capacities.
  bool unconstrainedFits(int64_t budget) const { return fits(unconstrained(), budget); }
  /// Returns a lower bound on cost (proven): no plan of at most `budget` bytes is cheaper, if its
  /// operations run for the first time in the order found here.
  double costBound(int64_t budget) const;
  /// Returns the cheapest member that fits `budget` and all capacities, or the smallest member if
  /// none does.
  const Member &choose(int64_t budget) const;
  const std::vector<Member> &all() const { return members; }

  int64_t planBound = 0; ///< bytes: no plan is smaller (proven)
  int64_t work = 0;

private:
  /// How the operations of a rung run.
  enum class Style : uint8_t {
    Fast,  ///< first alternatives; the main stream waits as late as possible
    Small, ///< the fastest alternatives that fit the target; the main stream waits at once
  };

  static bool fits(const Member &member, int64_t budget) {
    return member.valid && member.overfull == none && member.arenaBytes <= budget;
  }
  void climb(Style style);
  void climbToMissed(Style style);
  bool addRung(int64_t target, Style style);
  RematResult recompute(size_t timeline, const RematGraph &graph, const RematOptions &remat,
                        int32_t attempt);
  TimelinePlan placed(size_t timeline, const std::vector<int32_t> &sequence, const Manner &manner,
                      std::vector<int64_t> &spaceBytes, bool &valid) const;
  void add(Member &member, size_t timeline, TimelinePlan plan) const;
  void finish(Member &member) const;
  double timelineBound(size_t timeline, int64_t budget) const;

  const Problem &problem;
  const ResidentLayout &layout;
  const Options &options;
  std::vector<Member> members;
  std::vector<std::vector<int32_t>> sequences; ///< of each timeline: that of the last rung reached
  std::vector<std::vector<int32_t>> bases;     ///< of each timeline: without recomputation
  bool solved = false;
  bool exact = true; ///< the problem is small enough for exact rungs, each a byte below the last
};

} // namespace plimsoll::planner
