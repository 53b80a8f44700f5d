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
  double seconds = 0;      ///< each timeline once: decides between members of one cost
  SpaceId overfull = none; ///< a space beside the arena whose capacity is not enough
  bool valid = false;      ///< false if pinned values could not be honoured
};

/// Plans from unconstrained to the smallest found. The targets depend on the
/// problem and the effort alone, never on a budget asked: the cheapest member
/// that fits a budget cannot get dearer when the budget grows. Where operations can run
/// in less memory, there is a second ladder in which they do (see Style).
class Frontier {
public:
  Frontier(const Problem &problem, const ResidentLayout &layout, const Options &options);

  /// A plan that is no member: checkpoints by rule (see Policies.h).
  Member checkpointed(int32_t every) const;
  /// The plan without any recomputation.
  const Member &unconstrained() const { return members[0]; }
  /// Solves the whole ladder (once).
  void solveLadder();
  /// True if the plan without any recomputation is within `budget` and all capacities.
  bool unconstrainedFits(int64_t budget) const { return fits(unconstrained(), budget); }
  /// The cost that no plan of at most `budget` bytes is below whose operations run for
  /// the first time in the order found here (proven).
  double costBound(int64_t budget) const;
  /// The cheapest member of at most `budget` bytes, and within all capacities; the smallest
  /// if there is none.
  const Member &choose(int64_t budget) const;
  const std::vector<Member> &all() const { return members; }

  int64_t planBound = 0; ///< bytes: no plan is smaller (proven)
  int64_t work = 0;

private:
  /// How the operations of a rung run.
  enum class Style : uint8_t {
    Fast,  ///< first alternatives, waits where they must be
    Small, ///< the fastest alternatives that the target has room for, waits at once
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
  std::vector<std::vector<int32_t>> sequences; ///< of each timeline, of the last rung
  std::vector<std::vector<int32_t>> bases;     ///< of each timeline, without copies
  bool solved = false;
  bool exact = true; ///< small enough for exact rungs, each a byte below the last
};

} // namespace plimsoll::planner
