//===- BatchNorm.cu - batch normalisation, its gradients, running statistics -===//
//
// cpu/BatchNorm.cpp documents buffers, sizes and scalars. batch_norm and batch_norm_grad have a
// workspace as their last buffer: {double shift[channels]; double2 parts[channels][splits]}.
// Two launches read a channel once each: blocks of 256 threads add up their parts of it, then the
// same blocks add up the parts and write their elements. Sums are f64, in trees that depend on
// the shape alone. The variance comes from one pass over x - shift, where the shift is an element
// of the channel: so (mean - shift)^2 is at most n times the variance, and the cancellation error
// is below n * 2^-53 of it. Four neighbours are one access if planes have a multiple of four. At
// most 48 registers: 5 blocks per multiprocessor.
//===----------------------------------------------------------------------===//
#include "../../rules/BatchNormRules.h"
#include "plimsoll/CudaKernels.h"

#include <algorithm>

namespace plimsoll::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kLeast = 2048, kMostBlocks = 2048, kMostSplits = 32;

struct Shape {
  int64_t n, channels, inner;
  double epsilon;

  explicit Shape(const Launch &launch)
      : n(launch.sizes[0]), channels(launch.sizes[1]), inner(launch.sizes[2]),
        epsilon(launch.scalars[0]) {}

  /// Returns the number of blocks that share a channel.
  static int64_t splits(const int64_t *sizes) {
    int64_t bySize = sizes[0] * sizes[2] / kLeast;
    int64_t byBlocks = sizes[1] > 0 ? kMostBlocks / sizes[1] : 1;
    int64_t splits = bySize < byBlocks ? bySize : byBlocks;
    return splits < 1 ? 1 : splits < kMostSplits ? splits : kMostSplits;
  }
  __device__ double count() const { return double(n) * double(inner); }
};

struct Workspace {
  double *shift;
  double2 *parts;

  Workspace(const Launch &launch, int64_t channels)
      : shift(launch.buffer<double>(launch.bufferCount - 1)),
        parts(reinterpret_cast<double2 *>(shift + (channels + 1) / 2 * 2)) {}
};

int64_t workspace(const LaunchShape &shape) {
  return (shape.sizes[1] + 1) / 2 * 16 + shape.sizes[1] * Shape::splits(shape.sizes) * 16;
}

/// Calls body(first element) for every `width` neighbours that this thread processes in the block's
/// part of channel blockIdx.x. Goes from image to image without a division.
template <int width, typename Body>
__device__ __forceinline__ void forEach(const Shape &s, const Body &body) {
  const int64_t groups = s.n * s.inner / width;
  const int64_t end = groups * (blockIdx.y + 1) / gridDim.y;
  int64_t group = groups * blockIdx.y / gridDim.y + threadIdx.x;
  if (group >= end)
    return;
  int64_t image = group * width / s.inner, at = group * width % s.inner;
  const int64_t images = kThreads * width / s.inner, rest = kThreads * width % s.inner;
  for (; group < end; group += kThreads) {
    body((image * s.channels + blockIdx.x) * s.inner + at);
    image += images, at += rest;
    if (at >= s.inner)
      ++image, at -= s.inner;
  }
}

template <int width> struct Part {
  float at[width];
};
template <int width> __device__ __forceinline__ Part<width> load(const float *address) {
  if constexpr (width == 4) {
    Four<float> four = loadFour(address);
    return {{four.at[0], four.at[1], four.at[2], four.at[3]}};
  } else {
    return {{*address}};
  }
}
template <int width> __device__ __forceinline__ void store(float *address, Part<width> part) {
  if constexpr (width == 4)
    storeFour(address, Four<float>{{part.at[0], part.at[1], part.at[2], part.at[3]}});
  else
    *address = part.at[0];
}

__device__ __forceinline__ void writePart(Workspace space, double a, double b) {
  a = combineBlock<kThreads>(a, Add());
  b = combineBlock<kThreads>(b, Add());
  if (threadIdx.x == 0)
    space.parts[int64_t(blockIdx.x) * gridDim.y + blockIdx.y] = {a, b};
}

/// Returns the channel's sums, to every thread.
__device__ __forceinline__ double2 sumParts(Workspace space) {
  const unsigned lane = threadIdx.x % 32;
  double2 part = {0, 0};
  if (lane < gridDim.y)
    part = space.parts[int64_t(blockIdx.x) * gridDim.y + lane];
  return {combineLanes<32>(part.x, Add()), combineLanes<32>(part.y, Add())};
}

template <int width>
__global__ void __launch_bounds__(kThreads) moments(Shape s, const float *x, Workspace space) {
  const double shift = s.n * s.inner > 0 ? double(x[blockIdx.x * s.inner]) : 0.0;
  double sum = 0, squares = 0;
  forEach<width>(s, [&](int64_t i) {
    Part<width> part = load<width>(x + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < width; ++k) {
      double d = double(part.at[k]) - shift;
      sum += d;
      squares += d * d;
    }
  });
  writePart(space, sum, squares);
  if (threadIdx.x == 0 && blockIdx.y == 0)
    space.shift[blockIdx.x] = shift;
}

/// Writes normalised numbers, plus `addend` if that is not null, and not below 0 with `relu`.
template <int width>
__device__ __forceinline__ void normalise(const Shape &s, const float *x, const Normaliser &rule,
                                          const float *addend, bool relu, float *y) {
  forEach<width>(s, [&](int64_t i) {
    Part<width> part = load<width>(x + i), more = {};
    if (addend)
      more = load<width>(addend + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < width; ++k) {
      float value = rule(part.at[k]);
      value = addend ? value + more.at[k] : value;
      part.at[k] = relu && value < 0.0f ? 0.0f : value; // NaN stays NaN
    }
    store<width>(y + i, part);
  });
}

/// Returns the gradients of y from `i` on; behind a relu, whose results are `y`, 0 where it gave 0.
template <int width>
__device__ __forceinline__ Part<width> gradientAt(const float *dy, const float *y, int64_t i) {
  Part<width> gradient = load<width>(dy + i);
  if (y) {
    Part<width> result = load<width>(y + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < width; ++k)
      gradient.at[k] = result.at[k] > 0.0f ? gradient.at[k] : 0.0f;
  }
  return gradient;
}

template <int width>
__global__ void __launch_bounds__(kThreads)
    forward(Shape s, const float *x, const float *scale, const float *bias, const float *addend,
            bool relu, float *y, float *means, float *variances, Workspace space) {
  const double2 sums = sumParts(space);
  const double offset = sums.x / s.count(), mean = space.shift[blockIdx.x] + offset;
  const double spread = sums.y / s.count() - offset * offset;
  const double variance = spread < 0 ? 0 : spread;
  if (threadIdx.x == 0 && blockIdx.y == 0) {
    means[blockIdx.x] = static_cast<float>(mean);
    variances[blockIdx.x] = static_cast<float>(variance);
  }
  normalise<width>(s, x, {mean, variance, s.epsilon, scale[blockIdx.x], bias[blockIdx.x]}, addend,
                   relu, y);
}

template <int width>
__global__ void __launch_bounds__(kThreads)
    inference(Shape s, const float *x, const float *scale, const float *bias, const float *mean,
              const float *variance, float *y) {
  const int64_t c = blockIdx.x;
  normalise<width>(s, x, {mean[c], variance[c], s.epsilon, scale[c], bias[c]}, nullptr, false, y);
}

template <int width>
__global__ void __launch_bounds__(kThreads)
    gradSums(Shape s, const float *dy, const float *x, const float *mean, const float *variance,
             const float *y, Workspace space) {
  const NormaliserGrad rule(mean[blockIdx.x], variance[blockIdx.x], s.epsilon);
  double sum = 0, dot = 0;
  forEach<width>(s, [&](int64_t i) {
    Part<width> gradient = gradientAt<width>(dy, y, i), part = load<width>(x + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < width; ++k) {
      sum += double(gradient.at[k]);
      dot += double(gradient.at[k]) * rule.normal(part.at[k]);
    }
  });
  writePart(space, sum, dot);
}

template <int width>
__global__ void __launch_bounds__(kThreads)
    grad(Shape s, const float *dy, const float *x, const float *scale, const float *mean,
         const float *variance, const float *y, float *dx, float *dscale, float *dbias,
         Workspace space) {
  const double2 sums = sumParts(space);
  if (threadIdx.x == 0 && blockIdx.y == 0) {
    dbias[blockIdx.x] = static_cast<float>(sums.x);
    dscale[blockIdx.x] = static_cast<float>(sums.y);
  }
  const NormaliserGrad rule(mean[blockIdx.x], variance[blockIdx.x], s.epsilon);
  const double factor = double(scale[blockIdx.x]);
  const double sum = sums.x / s.count(), dot = sums.y / s.count();
  forEach<width>(s, [&](int64_t i) {
    Part<width> gradient = gradientAt<width>(dy, y, i), part = load<width>(x + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < width; ++k)
      gradient.at[k] = rule.input(gradient.at[k], part.at[k], factor, sum, dot);
    store<width>(dx + i, gradient);
  });
}

constexpr int kMostLayers = 48;

/// The layers that one grid updates; its rows are layers.
struct Layers {
  RunningStatistics at[kMostLayers];
};
static_assert(sizeof(Layers) <= 4000, "arguments of a kernel have 4 KiB");

__global__ void __launch_bounds__(kThreads) update(MovingAverage rule, Layers layers) {
  const RunningStatistics &of = layers.at[blockIdx.y];
  const int64_t c = int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (c >= of.channels)
    return;
  of.runningMean[c] = rule.mean(of.runningMean[c], of.mean[c]);
  of.runningVariance[c] = rule.variance(of.runningVariance[c], of.variance[c]);
}

/// Calls body(width, grid): the template argument of the kernels, and their grid.
template <typename Body> void withWidth(const Launch &launch, const Shape &s, const Body &body) {
  dim3 grid(static_cast<unsigned>(s.channels), static_cast<unsigned>(Shape::splits(launch.sizes)));
  if (s.inner % 4 == 0)
    body(std::integral_constant<int, 4>(), grid);
  else
    body(std::integral_constant<int, 1>(), grid);
}

void runForward(const Launch &launch) {
  Shape s(launch);
  withWidth(launch, s, [&](auto width, dim3 grid) {
    Workspace space(launch, s.channels);
    const auto *x = launch.buffer<float>(0);
    cuda::launch(streamOf(launch), grid, kThreads, moments<width()>, s, x, space);
    cuda::launch(streamOf(launch), grid, kThreads, forward<width()>, s, x, launch.buffer<float>(1),
                 launch.buffer<float>(2), launch.buffer<float>(3), launch.sizes[3] != 0,
                 launch.buffer<float>(4), launch.buffer<float>(5), launch.buffer<float>(6), space);
  });
}

void runInference(const Launch &launch) {
  Shape s(launch);
  withWidth(launch, s, [&](auto width, dim3 grid) {
    cuda::launch(streamOf(launch), grid, kThreads, inference<width()>, s, launch.buffer<float>(0),
                 launch.buffer<float>(1), launch.buffer<float>(2), launch.buffer<float>(3),
                 launch.buffer<float>(4), launch.buffer<float>(5));
  });
}

void runGrad(const Launch &launch) {
  Shape s(launch);
  withWidth(launch, s, [&](auto width, dim3 grid) {
    Workspace space(launch, s.channels);
    const auto *dy = launch.buffer<float>(0), *x = launch.buffer<float>(1);
    const auto *mean = launch.buffer<float>(3), *variance = launch.buffer<float>(4);
    const auto *y = launch.buffer<float>(5);
    cuda::launch(streamOf(launch), grid, kThreads, gradSums<width()>, s, dy, x, mean, variance, y,
                 space);
    cuda::launch(streamOf(launch), grid, kThreads, grad<width()>, s, dy, x, launch.buffer<float>(2),
                 mean, variance, y, launch.buffer<float>(6), launch.buffer<float>(7),
                 launch.buffer<float>(8), space);
  });
}

void runUpdate(const Launch &launch) {
  const int all = launch.sizeCount - 1;
  for (int first = 0; first < all; first += kMostLayers) {
    const int count = std::min(kMostLayers, all - first);
    Layers layers;
    int64_t most = 0;
    for (int i = 0; i < count; ++i) {
      layers.at[i] = RunningStatistics(launch, first + i);
      most = std::max(most, layers.at[i].channels);
    }
    cuda::launch(streamOf(launch), dim3(blocksFor(most, kThreads), static_cast<unsigned>(count)),
                 kThreads, update, MovingAverage(launch.scalars[0], launch.sizes[0]), layers);
  }
}

} // namespace

const KernelOf<BatchNormArguments> batch_norm = {"batch_norm", runForward, workspace};
const KernelOf<BatchNormGradArguments> batch_norm_grad = {"batch_norm_grad", runGrad, workspace};
const KernelOf<BatchNormInferenceArguments> batch_norm_inference = {"batch_norm_inference",
                                                                    runInference};
const KernelOf<BatchNormUpdateArguments> batch_norm_update = {"batch_norm_update", runUpdate};

} // namespace plimsoll::cuda
