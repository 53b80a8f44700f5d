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
// One thread computes a channel, or, where an image has few numbers of a channel, as many channels
// as fill 16 lanes. A sum has 16 fixed f64 lanes, which run over the images in order, and a fixed
// tree: bits depend on the shape alone. The variance takes two passes: Ioffe and Szegedy (2015),
// algorithm 1.
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

/// Channels that are computed together. Their numbers lie side by side in an image.
struct Group {
  int64_t first, channels, inner, width;

  /// Returns how many channels a group has.
  static int64_t size(const Sizes &s) {
    bool fits = s.inner > 0 && s.inner < kSumLanes && kSumLanes % s.inner == 0 &&
                s.channels % (kSumLanes / s.inner) == 0;
    return fits ? kSumLanes / s.inner : 1;
  }
  Group(const Sizes &s, int64_t index)
      : first(index * size(s)), channels(size(s)), inner(s.inner), width(channels * inner) {}

  /// Returns the channel of the group that lane `lane` belongs to.
  int64_t channelOf(int lane) const { return channels > 1 ? lane / inner : 0; }
  /// Returns the first lane of a channel of the group.
  int64_t laneOf(int64_t channel) const { return channels > 1 ? channel * inner : 0; }
};

/// A number for each channel of a group, where every lane finds it.
struct Lanewise {
  alignas(64) double at[kSumLanes];

  template <typename Of> Lanewise(const Group &group, const Of &of) {
    for (int lane = 0; lane < kSumLanes; ++lane)
      at[lane] = of(group.channelOf(lane));
  }
};

/// Calls body(i, lane) for every number of a group: its index, and its lane of 16.
template <typename Body>
inline __attribute__((always_inline)) void forEach(const Sizes &s, const Group &group,
                                                   const Body &body) {
  int64_t whole = group.width / kSumLanes * kSumLanes;
  for (int64_t image = 0; image < s.n; ++image) {
    int64_t first = (image * s.channels + group.first) * s.inner;
    for (int64_t i = first; i < first + whole; i += kSumLanes)
#pragma omp simd
      for (int lane = 0; lane < kSumLanes; ++lane)
        body(i + lane, lane);
    for (int64_t i = first + whole; i < first + group.width; ++i)
      body(i, static_cast<int>(i - first - whole));
  }
}

/// Returns the sums of term(i, lane) over each channel of a group.
template <typename Term>
inline __attribute__((always_inline)) Lanewise sums(const Sizes &s, const Group &group,
                                                    const Term &term) {
  alignas(64) double lanes[kSumLanes] = {};
  forEach(s, group, [&](int64_t i, int lane) { lanes[lane] += term(i, lane); });
  if (group.channels == 1) {
    double sum = sumTree(lanes);
    return {group, [=](int64_t) { return sum; }};
  }
  for (int64_t width = group.inner / 2; width > 0; width /= 2)
    for (int64_t c = 0; c < group.channels; ++c)
      for (int64_t i = 0; i < width; ++i)
        lanes[c * group.inner + i] += lanes[c * group.inner + i + width];
  return {group, [&](int64_t c) { return lanes[c * group.inner]; }};
}

/// Writes a number for each channel of a group to `to`, a tensor of all channels.
template <typename T> void store(const Group &group, const Lanewise &numbers, T *to) {
  for (int64_t c = 0; c < group.channels; ++c)
    to[group.first + c] = static_cast<T>(numbers.at[group.laneOf(c)]);
}

/// Writes finish(normalised number, its index) for every number of a group. y may be x.
template <typename T, typename Finish>
void normalise(const Sizes &s, const Group &group, const T *x, const Lanewise &mean,
               const Lanewise &factor, const Lanewise &bias, T *y, const Finish &finish) {
  forEach(s, group, [&](int64_t i, int lane) {
    const Normaliser rule(mean.at[lane], factor.at[lane], bias.at[lane]);
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
  int64_t groups = s.channels / Group::size(s);
  cpu::parallelFor(launch.threads, groups, s.elements() * 3, [&](int64_t index) {
    Group group(s, index);
    Lanewise mean = sums(s, group, [=](int64_t i, int) { return double(x[i]); });
    for (double &number : mean.at)
      number /= s.count();
    Lanewise variance = sums(s, group, [&](int64_t i, int lane) {
      double d = double(x[i]) - mean.at[lane];
      return d * d;
    });
    for (double &number : variance.at)
      number /= s.count();
    store(group, mean, means);
    store(group, variance, variances);
    Lanewise factor(group, [&](int64_t c) {
      return Normaliser(0, variance.at[group.laneOf(c)], launch.scalars[0], scale[group.first + c],
                        0)
          .factor;
    });
    Lanewise shift(group, [&](int64_t c) { return double(bias[group.first + c]); });
    withFinish(addend, launch.sizes[3] != 0,
               [&](const auto &finish) { normalise(s, group, x, mean, factor, shift, y, finish); });
  });
}

template <typename T> void runInferenceOf(const Launch &launch) {
  Sizes s(launch);
  const T *x = launch.buffer<T>(0), *scale = launch.buffer<T>(1);
  const T *bias = launch.buffer<T>(2), *mean = launch.buffer<T>(3);
  const T *variance = launch.buffer<T>(4);
  T *y = launch.buffer<T>(5);
  int64_t groups = s.channels / Group::size(s);
  cpu::parallelFor(launch.threads, groups, s.elements(), [&](int64_t index) {
    Group group(s, index);
    Lanewise means(group, [&](int64_t c) { return double(mean[group.first + c]); });
    Lanewise factor(group, [&](int64_t c) {
      int64_t channel = group.first + c;
      return Normaliser(0, variance[channel], launch.scalars[0], scale[channel], 0).factor;
    });
    Lanewise shift(group, [&](int64_t c) { return double(bias[group.first + c]); });
    normalise(s, group, x, means, factor, shift, y, [](T value, int64_t) { return value; });
  });
}

/// The numbers of each channel that its gradients need, and where they go.
template <typename T> struct ChannelGradients {
  const T *scale, *mean, *variance;
  T *dscale, *dbias;
  double epsilon;
};

/// Computes the gradients of a group. gradient(i) is that of y, which dx may be written over.
template <typename T, typename Gradient>
void gradGroup(const Sizes &s, const Group &group, const Gradient &gradient, const T *x,
               const ChannelGradients<T> &of, T *dx) {
  Lanewise mean(group, [&](int64_t c) { return double(of.mean[group.first + c]); });
  Lanewise rstd(group, [&](int64_t c) {
    return NormaliserGrad(0, of.variance[group.first + c], of.epsilon).rstd;
  });
  Lanewise sum = sums(s, group, [=](int64_t i, int) { return double(gradient(i)); });
  Lanewise dot = sums(s, group, [&, x](int64_t i, int lane) {
    return double(gradient(i)) * NormaliserGrad(mean.at[lane], rstd.at[lane]).normal(x[i]);
  });
  store(group, dot, of.dscale);
  store(group, sum, of.dbias);
  Lanewise scale(group, [&](int64_t c) { return double(of.scale[group.first + c]); });
  for (int lane = 0; lane < kSumLanes; ++lane)
    sum.at[lane] /= s.count(), dot.at[lane] /= s.count();
  forEach(s, group, [&, x, dx](int64_t i, int lane) {
    const NormaliserGrad rule(mean.at[lane], rstd.at[lane]);
    dx[i] = rule.input(gradient(i), x[i], scale.at[lane], sum.at[lane], dot.at[lane]);
  });
}

template <typename T> void runGradOf(const Launch &launch) {
  Sizes s(launch);
  const T *dy = launch.buffer<T>(0), *x = launch.buffer<T>(1), *y = launch.buffer<T>(5);
  T *dx = launch.buffer<T>(6);
  const ChannelGradients<T> of = {launch.buffer<T>(2), launch.buffer<T>(3), launch.buffer<T>(4),
                                  launch.buffer<T>(7), launch.buffer<T>(8), launch.scalars[0]};
  int64_t groups = s.channels / Group::size(s);
  cpu::parallelFor(launch.threads, groups, s.elements() * 3, [&](int64_t index) {
    Group group(s, index);
    if (!y)
      return gradGroup(s, group, [=](int64_t i) { return dy[i]; }, x, of, dx);
    auto masked = [=](int64_t i) {
      T gradient = dy[i]; // a load under a condition could not be a part of a vector
      return y[i] > T(0) ? gradient : T(0);
    };
    gradGroup(s, group, masked, x, of, dx);
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
