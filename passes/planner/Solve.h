//===- Solve.h - from a Problem to a Solution ---------------------------------===//

#pragma once

#include "passes/planner/Solution.h"

namespace plimsoll::planner {

/// The amount of search. It is counted in steps, not in seconds: the answer depends on nothing but
/// the problem and these options.
enum class Effort : uint8_t { Fast, Normal, Max };

struct Options {
  std::optional<int64_t> budget; ///< bytes of the arena, if less than its capacity
  Effort effort = Effort::Normal;
  bool keepOrder = false; ///< keep the given order (only `asSoonAsPossible` operations move)
  bool recompute = true;  ///< allow operations to run again
  /// If set, checkpoints every so many launches of the forward pass instead of planning; 0 stands
  /// for the square root of their number (see Policies.h).
  std::optional<int32_t> checkpointEvery;
  bool fullFrontier = false; ///< fill Statistics::frontier even when the first plan fits
};

/// A plan within the budget and all capacities; or the smallest plan found and the reason for
/// refusing it; or errors. `validate` accepts every plan, a refused one except that its arena may
/// be too full.
struct Result {
  /// What `checkProblem` reports, or a reason why this planner has no plan (copies are needed) or
  /// nobody has one (pinned values overlap, a space is too small). If there are errors, `solution`
  /// is empty.
  std::vector<std::string> errors;
  std::optional<Refusal> refusal;
  Solution solution;

  bool ok() const { return errors.empty() && !refusal; }
};

/// Returns the cheapest member of the problem's frontier that fits the budget.
Result solve(const Problem &problem, const Options &options = {});

} // namespace plimsoll::planner
