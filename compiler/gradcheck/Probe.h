//===- Probe.h - one derivative against differences of the function -*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_GRADCHECK_PROBE_H
#define PLIMSOLL_COMPILER_GRADCHECK_PROBE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include <cstdint>
#include <optional>
#include <string>

namespace plimsoll::gradcheck {

/// The result of one probe of a derivative.
enum class Verdict { Agrees, Wrong, NotDifferentiable };

struct Comparison {
  Verdict verdict;
  double difference; ///< the central difference
  double error;      ///< relative, discounted by rounding
  bool kink = false; ///< one-sided differences disagree: probe again beside this point
};

/// Compares `derivative` with differences of `f(h)`, the function at a distance h along a
/// direction; `atZero` is f(0). Tries central differences at h from 1e-4 to 1e-7 until one agrees.
/// The derivative is wrong if differences at two distances agree with each other and not with it;
/// if they keep changing with h instead, the function has kinks here.
Comparison compare(double derivative, double atZero, llvm::function_ref<double(double)> f);

/// The probes of one parameter, or of all parameters together.
struct Tally {
  struct Mismatch {
    std::string where; ///< "along a random direction", "at [3, 5]"
    double derivative, difference;
  };
  int64_t compared = 0, notDifferentiable = 0;
  double worst = 0;              ///< relative error of those compared
  std::optional<Mismatch> wrong; ///< the first one found

  /// Counts a comparison. Returns false if the function was not differentiable there.
  bool add(const Comparison &comparison, double derivative, std::string where);
};

} // namespace plimsoll::gradcheck

#endif // PLIMSOLL_COMPILER_GRADCHECK_PROBE_H
