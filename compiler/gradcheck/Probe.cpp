//===- Probe.cpp - one derivative against differences of the function -------------===//
#include "compiler/gradcheck/Probe.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace plimsoll::gradcheck;

/// Allowed error, relative to the larger of derivative and difference.
static constexpr double kTolerance = 1e-5;
/// Rounding of the loss, a sum in f64, relative to it.
static constexpr double kRounding = 1e-14;

namespace {
/// Differences of the function at one distance `step`.
struct Differences {
  double step, above, below, atZero;

  double central() const { return (above - below) / (2 * step); }
  /// Returns the right one-sided difference minus the left one.
  double bend() const { return (above - 2 * atZero + below) / step; }
  double rounding() const {
    return kRounding * std::max({std::abs(above), std::abs(below), 1e-300}) / step;
  }
  /// Returns the relative error. Rounding is added to the size, so that rounding alone cannot
  /// exceed the tolerance.
  double error(double derivative) const {
    double size = std::max(std::abs(central()), std::abs(derivative));
    double error = std::abs(central() - derivative) / (size + rounding() / kTolerance);
    return std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
  }
};
} // namespace

/// True if one-sided differences disagree, at `fine` about as much as at `coarse`, which is ten
/// times coarser.
static bool isKink(const Differences &coarse, const Differences &fine) {
  double bend = std::abs(fine.bend());
  return bend > 0.3 * std::abs(coarse.bend()) && bend > 4 * fine.rounding();
}

/// True if differences at two steps agree with each other but not with the derivative.
static bool isWrong(double derivative, const Differences &coarse, const Differences &fine) {
  if (std::isnan(derivative + coarse.central() + fine.central()))
    return true;
  double spread = std::abs(coarse.central() - fine.central()) + fine.rounding();
  double distance =
      std::min(std::abs(coarse.central() - derivative), std::abs(fine.central() - derivative));
  return spread <= 0.1 * distance;
}

Comparison plimsoll::gradcheck::compare(double derivative, double atZero,
                                        llvm::function_ref<double(double)> f) {
  auto at = [&](double step) { return Differences{step, f(step), f(-step), atZero}; };
  // Ordered from coarse to fine; the step that usually agrees is evaluated first.
  std::vector<Differences> ladder = {at(1e-5)};
  Comparison best{Verdict::Agrees, ladder[0].central(), ladder[0].error(derivative)};
  for (double step : {1e-4, 1e-6, 1e-7}) {
    if (best.error <= kTolerance)
      return best;
    Differences next = at(step);
    ladder.insert(step > 1e-5 ? ladder.begin() : ladder.end(), next);
    if (next.error(derivative) < best.error)
      best = {Verdict::Agrees, next.central(), next.error(derivative)};
  }
  if (best.error <= kTolerance)
    return best;
  best.verdict = Verdict::NotDifferentiable;
  for (size_t i = 0; i + 1 < ladder.size(); ++i)
    if (isWrong(derivative, ladder[i], ladder[i + 1])) {
      best.verdict = Verdict::Wrong;
      best.kink = isKink(ladder[i], ladder[i + 1]);
    }
  return best;
}

bool Tally::add(const Comparison &comparison, double derivative, std::string where) {
  if (comparison.verdict == Verdict::NotDifferentiable) {
    ++notDifferentiable;
    return false;
  }
  ++compared;
  worst = std::max(worst, comparison.error);
  if (comparison.verdict == Verdict::Wrong && !wrong)
    wrong = {std::move(where), derivative, comparison.difference};
  return true;
}
