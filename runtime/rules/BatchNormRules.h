//===- BatchNormRules.h - batch normalisation of one number -----------------===//
//
// Shared by every device, so that results have the same bits. Arithmetic is in f64.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_RULES_BATCHNORMRULES_H
#define PLIMSOLL_RULES_BATCHNORMRULES_H

#include "plimsoll/Inline.h"
#include "plimsoll/Kernel.h"

#include <cmath>
#include <cstdint>

namespace plimsoll {

/// (x - mean) / sqrt(variance + epsilon) * scale + bias
struct Normaliser {
  double mean, factor, shift;

  PLIMSOLL_INLINE Normaliser(double mean, double variance, double epsilon, double scale,
                             double bias)
      : Normaliser(mean, scale / ::sqrt(variance + epsilon), bias) {}
  PLIMSOLL_INLINE Normaliser(double mean, double factor, double shift)
      : mean(mean), factor(factor), shift(shift) {}

  template <typename T> PLIMSOLL_INLINE T operator()(T x) const {
    return static_cast<T>((double(x) - mean) * factor + shift);
  }
};

struct NormaliserGrad {
  double mean, rstd;

  PLIMSOLL_INLINE NormaliserGrad(double mean, double variance, double epsilon)
      : NormaliserGrad(mean, 1.0 / ::sqrt(variance + epsilon)) {}
  PLIMSOLL_INLINE NormaliserGrad(double mean, double rstd) : mean(mean), rstd(rstd) {}

  template <typename T> PLIMSOLL_INLINE double normal(T x) const {
    return (double(x) - mean) * rstd;
  }
  /// Returns dx. `sum` is the mean over the channel of dy, `dot` that of dy * normal(x).
  template <typename T>
  PLIMSOLL_INLINE T input(T dy, T x, double scale, double sum, double dot) const {
    return static_cast<T>(scale * rstd * (double(dy) - sum - normal(x) * dot));
  }
};

/// running = (1 - momentum) * running + momentum * new
struct MovingAverage {
  double momentum, unbiased;

  /// `count`: the numbers that the variance is over. variance() takes the biased one and makes it
  /// unbiased.
  MovingAverage(double momentum, int64_t count)
      : momentum(momentum), unbiased(double(count) / (double(count) - 1.0)) {}

  PLIMSOLL_INLINE float moved(float running, double now) const {
    return static_cast<float>((1.0 - momentum) * double(running) + momentum * now);
  }
  PLIMSOLL_INLINE float mean(float running, float now) const { return moved(running, now); }
  PLIMSOLL_INLINE float variance(float running, float now) const {
    return moved(running, double(now) * unbiased);
  }
};

/// One layer of a launch of batch_norm_update.
struct RunningStatistics {
  float *runningMean, *runningVariance;
  const float *mean, *variance;
  int64_t channels;

  RunningStatistics() = default;
  RunningStatistics(const Launch &launch, int layer) {
    const int layers = launch.sizeCount - 1;
    runningMean = launch.buffer<float>(layer),
    runningVariance = launch.buffer<float>(layers + layer);
    mean = launch.buffer<float>(2 * layers + layer);
    variance = launch.buffer<float>(3 * layers + layer);
    channels = launch.sizes[1 + layer];
  }
};

} // namespace plimsoll

#endif // PLIMSOLL_RULES_BATCHNORMRULES_H
