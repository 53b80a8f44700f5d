//===- BatchNorm.cpp - batch normalisation, its gradients, running statistics ===//
//
// batch_norm {x, scale, bias, addend | null, y, mean, variance} {n, channels, inner, relu}
// {epsilon}
//   x, addend, y [n, channels, inner], the others [channels]; y may be x's or the addend's bytes.
//   y = (x - mean) / sqrt(variance + epsilon) * scale + bias; variance biased. Then y + addend, and
//   with `relu` max(y, 0); each is rounded.
// batch_norm_grad {dy, x, scale, mean, variance, y | null, dx, dscale, dbias} {n, channels, inner}
// {epsilon}
//   With y, the result of a relu: of dy where y > 0, else of 0. dx may be dy's, x's or y's bytes.
// batch_norm_inference {x, scale, bias, mean, variance, y} {n, channels, inner} {epsilon}
//   y may be x's bytes.
// batch_norm_update {runningMean..., runningVariance..., mean..., variance...} {count, each layer's
// channels...} {momentum}
//   in place, for one layer or several: running = (1 - momentum) * running + momentum * new, where
//   the new variance is variance * count / (count - 1), as torch/nn/modules/batchnorm.py describes
//   it.
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

/// Writes finish(normalised number, its index) for every number of a channel. y may be x.
template <typename T, typename Finish>
void normalise(const Sizes &s, int64_t channel, const T *x, const Normaliser &rule, T *y,
               const Finish &finish) {
  forEachImage(s, channel, [&](int64_t first) {
#pragma omp simd
    for (int64_t i = first; i < first + s.inner; ++i)
      y[i] = finish(rule(x[i]), i);
  });
}

/// Calls body(finish) with what is done to a normalised number: nothing, an addition, a relu or
/// both.
template <typename T, typename Body> void withFinish(const T *addend, bool relu, const Body &body) {
  auto positive = [](T value) { return value < T(0) ? T(0) : value; }; // NaN stays NaN
  if (addend && relu)
    return body([=](T value, int64_t i) { return positive(value + addend[i]); });
  if (addend)
    return body([=](T value, int64_t i) { return value + addend[i]; });
  if (relu)
    return body([=](T value, int64_t) { return positive(value); });
  body([](T value, int64_t) { return value; });
}

template <typename T> void runForwardOf(const Launch &launch) {
  Sizes s(launch);
  const T *x = launch.buffer<T>(0), *scale = launch.buffer<T>(1);
  const T *bias = launch.buffer<T>(2), *addend = launch.buffer<T>(3);
  T *y = launch.buffer<T>(4), *means = launch.buffer<T>(5);
  T *variances = launch.buffer<T>(6);
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
    const Normaliser rule(mean, variance, launch.scalars[0], scale[c], bias[c]);
    withFinish(addend, launch.sizes[3] != 0,
               [&](const auto &finish) { normalise(s, c, x, rule, y, finish); });
  });
}

template <typename T> void runInferenceOf(const Launch &launch) {
  Sizes s(launch);
  const T *x = launch.buffer<T>(0), *scale = launch.buffer<T>(1);
  const T *bias = launch.buffer<T>(2), *mean = launch.buffer<T>(3);
  const T *variance = launch.buffer<T>(4);
  T *y = launch.buffer<T>(5);
  cpu::parallelFor(launch.threads, s.channels, s.elements(), [&](int64_t c) {
    const Normaliser rule(mean[c], variance[c], launch.scalars[0], scale[c], bias[c]);
    normalise(s, c, x, rule, y, [](T value, int64_t) { return value; });
  });
}

/// Computes the gradients of a channel. gradient(i) is that of y, which dx may be written over.
template <typename T, typename Gradient>
void gradChannel(const Sizes &s, int64_t channel, const Gradient &gradient, const T *x,
                 const NormaliserGrad &rule, double scale, T *dx, T &dscale, T &dbias) {
  double sum = channelSum(s, channel, [&](int64_t i) { return double(gradient(i)); });
  double dot =
      channelSum(s, channel, [&](int64_t i) { return double(gradient(i)) * rule.normal(x[i]); });
  dscale = static_cast<T>(dot);
  dbias = static_cast<T>(sum);
  sum /= s.count(), dot /= s.count();
  forEachImage(s, channel, [&](int64_t first) {
#pragma omp simd
    for (int64_t i = first; i < first + s.inner; ++i)
      dx[i] = rule.input(gradient(i), x[i], scale, sum, dot);
  });
}

template <typename T> void runGradOf(const Launch &launch) {
  Sizes s(launch);
  const T *dy = launch.buffer<T>(0), *x = launch.buffer<T>(1);
  const T *scale = launch.buffer<T>(2), *mean = launch.buffer<T>(3);
  const T *variance = launch.buffer<T>(4), *y = launch.buffer<T>(5);
  T *dx = launch.buffer<T>(6), *dscale = launch.buffer<T>(7);
  T *dbias = launch.buffer<T>(8);
  cpu::parallelFor(launch.threads, s.channels, s.elements() * 3, [&](int64_t c) {
    NormaliserGrad rule(mean[c], variance[c], launch.scalars[0]);
    auto run = [&](const auto &gradient) {
      gradChannel(s, c, gradient, x, rule, scale[c], dx, dscale[c], dbias[c]);
    };
    y ? run([=](int64_t i) { return y[i] > T(0) ? dy[i] : T(0); })
      : run([=](int64_t i) { return dy[i]; });
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
  MovingAverage rule(launch.scalars[0], launch.sizes[0]);
  for (int layer = 0; layer < launch.sizeCount - 1; ++layer) {
    RunningStatistics of(launch, layer);
    for (int64_t c = 0; c < of.channels; ++c) {
      of.runningMean[c] = rule.mean(of.runningMean[c], of.mean[c]);
      of.runningVariance[c] = rule.variance(of.runningVariance[c], of.variance[c]);
    }
  }
}

} // namespace

const KernelOf<BatchNormArguments> batch_norm = {"batch_norm", runForward};
const KernelOf<BatchNormGradArguments> batch_norm_grad = {"batch_norm_grad", runGrad};
const KernelOf<BatchNormInferenceArguments> batch_norm_inference = {"batch_norm_inference",
                                                                    runInference};
const KernelOf<BatchNormUpdateArguments> batch_norm_update = {"batch_norm_update", runUpdate};

} // namespace plimsoll
