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
  /// For each value of the problem, the parameter or sum whose gradient it is, or `none`.
  std::vector<planner::ValueId> gradientOf;
  /// For each value of the problem, the parameter whose numbers it has in another type, or `none`.
  std::vector<planner::ValueId> copyOf;

  /// Returns the index of the timeline that reports show if they show one: the first that trains,
  /// or else the first.
  size_t shown() const;
  const planner::Timeline &timeline() const { return problem.timelines[shown()]; }
  const planner::TimelinePlan &plan() const { return result.solution.timelines[shown()]; }

  /// Returns the seconds of a training step whose timelines take `seconds` each: their weighted
  /// sum.
  double stepSeconds(const std::vector<double> &seconds) const;
  /// Returns the predicted seconds of a training step under the plan.
  double stepSeconds() const;
  /// Returns `seconds` relative to a step without recomputation; 1 if that takes no time.
  double relativeStep(double seconds) const;
};

} // namespace plimsoll::memory

#endif // PLIMSOLL_PASSES_MEMORY_PLANOUTCOME_H
