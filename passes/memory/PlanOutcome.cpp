//===- PlanOutcome.cpp - what planning found, for reports -------------------------===//
#include "passes/memory/PlanOutcome.h"
#include <cmath>

using namespace plimsoll;
using namespace plimsoll::memory;

size_t PlanOutcome::shown() const {
  auto found = llvm::find(kinds, nn::TimelineKind::train);
  return found == kinds.end() ? 0 : found - kinds.begin();
}

double PlanOutcome::stepSeconds(const std::vector<double> &seconds) const {
  double sum = 0;
  for (auto [timeline, each] : llvm::zip(problem.timelines, seconds))
    sum += timeline.weight * each;
  return sum;
}

double PlanOutcome::stepSeconds() const {
  std::vector<double> seconds;
  for (const planner::TimelinePlan &plan : result.solution.timelines)
    seconds.push_back(plan.cost);
  return stepSeconds(seconds);
}

double PlanOutcome::relativeStep(double seconds) const {
  std::vector<double> unrepeated;
  for (const planner::TimelinePlan &plan : result.solution.timelines)
    unrepeated.push_back(plan.baseCost);
  double base = stepSeconds(unrepeated);
  // The same times, added in another order, differ in their last bits.
  constexpr double kDigits = 1e12;
  return base > 0 ? std::round(seconds / base * kDigits) / kDigits : 1;
}
