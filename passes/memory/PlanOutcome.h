//===- PlanOutcome.h - what planning found, for reports --------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_MEMORY_PLANOUTCOME_H
#define PLIMSOLL_PASSES_MEMORY_PLANOUTCOME_H

#include "dialects/nn/NNDialect.h"
#include "passes/planner/Solve.h"

namespace plimsoll::memory {

/// The problem that a module's timelines made, and the plan, or why there is none.
struct PlanOutcome {
  planner::Problem problem;
  planner::Result result;
  std::vector<nn::TimelineKind> kinds; ///< of the problem's timelines
  /// Of each value of the problem, the parameter or sum that it is the gradient of, or `none`.
  std::vector<planner::ValueId> gradientOf;

  /// Index of the timeline that reports of one timeline show: the first that trains, or the first.
  size_t shown() const;
  const planner::Timeline &timeline() const { return problem.timelines[shown()]; }
  const planner::TimelinePlan &plan() const { return result.solution.timelines[shown()]; }

  /// Seconds of a training step whose timelines take `seconds` each: their weighted sum.
  double stepSeconds(const std::vector<double> &seconds) const;
  /// Predicted for the plan.
  double stepSeconds() const;
  /// A step of `seconds`, relative to one that repeats nothing; 1 where that takes no time.
  double relativeStep(double seconds) const;
};

} // namespace plimsoll::memory

#endif // PLIMSOLL_PASSES_MEMORY_PLANOUTCOME_H
