//===- Solve.h - from a Problem to a Solution ---------------------------------===//

#pragma once

#include "passes/planner/Solution.h"

namespace plimsoll::planner {

/// How much work is spent. Work is counted in steps of search, not in seconds:
/// the answer depends on nothing but the problem and these options.
enum class Effort : uint8_t { Fast, Normal, Max };

struct Options {
  std::optional<int64_t> budget; ///< bytes of the arena, if less than its capacity
  Effort effort = Effort::Normal;
  bool keepOrder = false; ///< the order given (only `asSoonAsPossible` operations move)
  bool recompute = true;  ///< may operations run again?
  /// Instead of planning: checkpoints every so many launches of the forward pass, 0 for
  /// the square root of their number (see Policies.h).
  std::optional<int32_t> checkpointEvery;
  bool fullFrontier = false; ///< fill Statistics::frontier even when the first plan fits
};

/// A plan within the budget and all capacities, or the smallest one found and why it is
/// refused, or why there is none. `validate` finds nothing wrong with a plan, and with a
/// refused one at most that the arena is too full.
struct Result {
  /// What `checkProblem` says, or what is asked that no plan of this planner does (copies)
  /// or can do (pinned values in the same bytes, a space too small). Then `solution` is empty.
  std::vector<std::string> errors;
  std::optional<Refusal> refusal;
  Solution solution;

  bool ok() const { return errors.empty() && !refusal; }
};

/// The cheapest member of the problem's frontier that fits the budget.
Result solve(const Problem &problem, const Options &options = {});

} // namespace plimsoll::planner
