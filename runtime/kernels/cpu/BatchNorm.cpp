//===- BatchNorm.cpp - batch normalisation, its gradients, running statistics ===//
//
// batch_norm {x, scale, bias, y, mean, variance} {n, channels, inner} {epsilon}
//   x, y [n, channels, inner], the others [channels]; y may be x's bytes.
//   y = (x - mean) / sqrt(variance + epsilon) * scale + bias; variance biased
// batch_norm_grad {dy, x, scale, mean, variance, dx, dscale, dbias} {n, channels, inner}
// {epsilon}
//   dx may be dy's or x's bytes.
// batch_norm_inference {x, scale, bias, mean, variance, y} {n, channels, inner} {epsilon}
//   y may be x's bytes.
// batch_norm_update {runningMean, runningVariance, mean, variance} {channels, count} {momentum}
//   in place: running = (1 - momentum) * running + momentum * new, where the new variance is
//   variance * count / (count - 1), as torch/nn/modules/batchnorm.py describes it.
//
// One thread computes a whole channel. Its sums run over the images in order, within an image in 16
// fixed f64 lanes and a fixed tree: bits depend on the shape alone. The variance takes two passes:
// Ioffe and Szegedy (2015), algorithm 1.
//===----------------------------------------------------------------------===//
#include "../../rules/BatchNormRules.h"
#include "../../rules/Elements.h"
#include "Lanes.h"
#include "Team.h"
#include "plimsoll/Kernels.h"

namespace plimsoll {
namespace {

struct Sizes {
  int64_t n, channels, inner;

  explicit Sizes(const Launch &launch)
      : n(launch.sizes[0]), channels(launch.sizes[1]), inner(launch.sizes[2]) {}

  double count() const { return double(n) * double(inner); }
  int64_t elements() const { return n * channels * inner; }
};

/// Calls body(first) with the index of the first element of `channel` in each image.
template <typename Body>
inline void forEachImage(const Sizes &s, int64_t channel, const Body &body) {
  for (int64_t image = 0; image < s.n; ++image)
    body((image * s.channels + channel) * s.inner);
}

/// Returns the sum over a channel of term(element).
template <typename Term>
inline double channelSum(const Sizes &s, int64_t channel, const Term &term) {
  double sum = 0;
  forEachImage(s, channel, [&](int64_t first) {
    sum += laneSum<double>(s.inner, [&](int64_t i) { return term(first + i); });
  });
  return sum;
}

template <typename T>
void normalise(const Sizes &s, int64_t channel, const T *x, const Normaliser &rule, T *y) {
  forEachImage(s, channel, [&](int64_t first) {
    for (int64_t i = first; i < first + s.inner; ++i)
      y[i] = rule(x[i]);
  });
}

template <typename T> void runForwardOf(const Launch &launch) {
  Sizes s(launch);
  const T *x = launch.buffer<T>(0), *scale = launch.buffer<T>(1);
  const T *bias = launch.buffer<T>(2);
  T *y = launch.buffer<T>(3), *means = launch.buffer<T>(4);
  T *variances = launch.buffer<T>(5);
  cpu::parallelFor(launch.threads, s.channels, s.elements() * 3, [&](int64_t c) {
    double mean = channelSum(s, c, [&](int64_t i) { return double(x[i]); }) / s.count();
    double variance = channelSum(s, c,
                                 [&](int64_t i) {
                                   double d = double(x[i]) - mean;
                                   return d * d;
                                 }) /
                      s.count();
    means[c] = static_cast<T>(mean);
    variances[c] = static_cast<T>(variance);
    normalise(s, c, x, {mean, variance, launch.scalars[0], scale[c], bias[c]}, y);
  });
}

template <typename T> void runInferenceOf(const Launch &launch) {
  Sizes s(launch);
  const T *x = launch.buffer<T>(0), *scale = launch.buffer<T>(1);
  const T *bias = launch.buffer<T>(2), *mean = launch.buffer<T>(3);
  const T *variance = launch.buffer<T>(4);
  T *y = launch.buffer<T>(5);
  cpu::parallelFor(launch.threads, s.channels, s.elements(), [&](int64_t c) {
    normalise(s, c, x, {mean[c], variance[c], launch.scalars[0], scale[c], bias[c]}, y);
  });
}

template <typename T>
void gradChannel(const Sizes &s, int64_t channel, const T *dy, const T *x,
                 const NormaliserGrad &rule, double scale, T *dx, T &dscale, T &dbias) {
  double sum = channelSum(s, channel, [&](int64_t i) { return double(dy[i]); });
  double dot = channelSum(s, channel, [&](int64_t i) { return double(dy[i]) * rule.normal(x[i]); });
  dscale = static_cast<T>(dot);
  dbias = static_cast<T>(sum);
  sum /= s.count(), dot /= s.count();
  forEachImage(s, channel, [&](int64_t first) {
    for (int64_t i = first; i < first + s.inner; ++i)
      dx[i] = rule.input(dy[i], x[i], scale, sum, dot);
  });
}

template <typename T> void runGradOf(const Launch &launch) {
  Sizes s(launch);
  const T *dy = launch.buffer<T>(0), *x = launch.buffer<T>(1);
  const T *scale = launch.buffer<T>(2), *mean = launch.buffer<T>(3);
  const T *variance = launch.buffer<T>(4);
  T *dx = launch.buffer<T>(5), *dscale = launch.buffer<T>(6);
  T *dbias = launch.buffer<T>(7);
  cpu::parallelFor(launch.threads, s.channels, s.elements() * 3, [&](int64_t c) {
    NormaliserGrad rule(mean[c], variance[c], launch.scalars[0]);
    gradChannel(s, c, dy, x, rule, scale[c], dx, dscale[c], dbias[c]);
  });
}

void runForward(const Launch &launch) {
  withFloats(launch,
             [&](auto *tag) { runForwardOf<std::remove_pointer_t<decltype(tag)>>(launch); });
}
void runInference(const Launch &launch) {
  withFloats(launch,
             [&](auto *tag) { runInferenceOf<std::remove_pointer_t<decltype(tag)>>(launch); });
}
void runGrad(const Launch &launch) {
  withFloats(launch, [&](auto *tag) { runGradOf<std::remove_pointer_t<decltype(tag)>>(launch); });
}

void runUpdate(const Launch &launch) {
  float *runningMean = launch.buffer<float>(0), *runningVariance = launch.buffer<float>(1);
  const float *mean = launch.buffer<float>(2), *variance = launch.buffer<float>(3);
  MovingAverage rule(launch.scalars[0], launch.sizes[1]);
  for (int64_t c = 0; c < launch.sizes[0]; ++c) {
    runningMean[c] = rule.mean(runningMean[c], mean[c]);
    runningVariance[c] = rule.variance(runningVariance[c], variance[c]);
  }
}

} // namespace

const KernelOf<BatchNormArguments> batch_norm = {"batch_norm", runForward};
const KernelOf<BatchNormGradArguments> batch_norm_grad = {"batch_norm_grad", runGrad};
const KernelOf<BatchNormInferenceArguments> batch_norm_inference = {"batch_norm_inference",
                                                                    runInference};
const KernelOf<BatchNormUpdateArguments> batch_norm_update = {"batch_norm_update", runUpdate};

} // namespace plimsoll
