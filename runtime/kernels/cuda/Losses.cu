//===- Losses.cu - elementwise losses, and the divergence of distributions ---===//
//
// cpu/PointwiseLoss.cpp and cpu/KlDivergence.cpp document buffers, sizes and scalars.
// Losses have the workspace of Total.h, that of kl_divergence has f64 [rows] before it. 8 lanes
// compute a row of up to 64 classes, a warp one of up to 1,024, else a block. At most 64 registers:
// 4 blocks of 256 threads per multiprocessor.
//===----------------------------------------------------------------------===//
#include "../../rules/PointwiseTerms.h"
#include "Total.h"
#include "plimsoll/CudaKernels.h"

namespace plimsoll::cuda {
namespace {

template <typename Loss> struct LossTerm {
  Loss loss;
  const float *x, *y;
  __device__ double operator()(int64_t i) const { return double(loss.value(x[i], y[i])); }
};

template <typename Loss>
__global__ void __launch_bounds__(kRowThreads)
    lossGrad(Loss loss, const float *x, const float *y, const float *dloss, float *dx,
             int64_t count) {
  const int64_t i = int64_t(blockIdx.x) * kRowThreads + threadIdx.x;
  if (i < count)
    dx[i] = static_cast<float>(double(*dloss) / double(count)) * loss.slope(x[i], y[i]);
}

/// The largest score of a row, and the sum of exp((score - top) / temperature).
struct RowScores {
  float top;
  double sum;
};

/// Computes a row's scores. Calls also(i) for every part of the row while the sum is formed.
template <typename Shape, typename Also>
__device__ __forceinline__ RowScores scoresOf(const float *x, int64_t classes, float temperature,
                                              Also also) {
  float top = -detail::kInfinity;
  Shape::forEach(classes, [&](int64_t i) {
    auto in = Shape::load(x + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k)
      top = in.at[k] > top ? in.at[k] : top;
  });
  top = Shape::combine(top, Larger());
  double sum = 0;
  Shape::forEach(classes, [&](int64_t i) {
    auto in = Shape::load(x + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k)
      sum += double(plimsoll::exp((in.at[k] - top) / temperature));
    also(i);
  });
  return {top, Shape::combine(sum, Add())};
}

/// Computes each row's part of the divergence.
template <typename Shape>
__global__ void __launch_bounds__(kRowThreads, 4)
    divergeRows(const float *x, const float *target, double *losses, int64_t rows, int64_t classes,
                float temperature) {
  const int64_t row = Shape::row();
  if (row >= rows)
    return;
  x += row * classes, target += row * classes;
  const RowScores scores = scoresOf<Shape>(x, classes, temperature, [](int64_t) {});
  const double logSum = ::log(scores.sum);
  double loss = 0;
  Shape::forEach(classes, [&](int64_t i) {
    auto in = Shape::load(x + i), wanted = Shape::load(target + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k) {
      float share = wanted.at[k], score = (in.at[k] - scores.top) / temperature;
      double logShare = share > 0.0f ? double(plimsoll::log(share)) : 0.0;
      loss += double(share) * (logShare - double(score) + logSum);
    }
  });
  loss = Shape::combine(loss, Add());
  if (Shape::lane() == 0)
    losses[row] = loss;
}

template <typename Shape>
__global__ void __launch_bounds__(kRowThreads, 4)
    divergenceGrad(const float *x, const float *target, const float *dloss, float *out,
                   int64_t rows, int64_t classes, double t, int64_t batch) {
  const int64_t row = Shape::row();
  if (row >= rows)
    return;
  x += row * classes, target += row * classes, out += row * classes;
  const float temperature = static_cast<float>(t);
  double mass = 0;
  const RowScores scores = scoresOf<Shape>(x, classes, temperature, [&](int64_t i) {
    auto wanted = Shape::load(target + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k)
      mass += double(wanted.at[k]);
  });
  mass = Shape::combine(mass, Add());
  const double share = mass / scores.sum, factor = double(*dloss) * t / double(batch);
  Shape::forEach(classes, [&](int64_t i) {
    auto in = Shape::load(x + i), wanted = Shape::load(target + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k)
      in.at[k] = static_cast<float>(
          factor * (share * double(plimsoll::exp((in.at[k] - scores.top) / temperature)) -
                    double(wanted.at[k])));
    Shape::store(out + i, in);
  });
}

struct Element {
  const double *values;
  __device__ double operator()(int64_t i) const { return values[i]; }
};

int64_t pointwiseWorkspace(const LaunchShape &shape) {
  return partsOf(shape.sizes[0]) * int64_t(sizeof(double));
}

void runPointwise(const Launch &launch) {
  int64_t count = launch.sizes[0];
  forKind(launch, [&](auto loss) {
    LossTerm<decltype(loss)> term = {loss, launch.buffer<float>(0), launch.buffer<float>(1)};
    total(streamOf(launch), count, launch.buffer<double>(3), term,
          Store<float>{launch.buffer<float>(2), 1.0 / double(count)});
  });
}

void runPointwiseGrad(const Launch &launch) {
  int64_t count = launch.sizes[0];
  forKind(launch, [&](auto loss) {
    cuda::launch(streamOf(launch), blocksFor(count, kRowThreads), kRowThreads,
                 lossGrad<decltype(loss)>, loss, launch.buffer<float>(0), launch.buffer<float>(1),
                 launch.buffer<float>(2), launch.buffer<float>(3), count);
  });
}

int64_t divergenceWorkspace(const LaunchShape &shape) {
  return (shape.sizes[0] + partsOf(shape.sizes[0])) * int64_t(sizeof(double));
}

void runDivergence(const Launch &launch) {
  int64_t rows = launch.sizes[0], classes = launch.sizes[1];
  double *losses = launch.buffer<double>(3), t = launch.scalars[0];
  withRowShape(classes, [&](auto shape) {
    using Shape = decltype(shape);
    launchRows<Shape>(launch, rows, divergeRows<Shape>, launch.buffer<float>(0),
                      launch.buffer<float>(1), losses, rows, classes, t);
  });
  total(streamOf(launch), rows, losses + rows, Element{losses},
        Store<float>{launch.buffer<float>(2), t * t / double(launch.sizes[2])});
}

void runDivergenceGrad(const Launch &launch) {
  int64_t rows = launch.sizes[0], classes = launch.sizes[1];
  withRowShape(classes, [&](auto shape) {
    using Shape = decltype(shape);
    launchRows<Shape>(launch, rows, divergenceGrad<Shape>, launch.buffer<float>(0),
                      launch.buffer<float>(1), launch.buffer<float>(2), launch.buffer<float>(3),
                      rows, classes, launch.scalars[0], launch.sizes[2]);
  });
}

} // namespace

const KernelOf<PointwiseLossArguments> pointwise_loss = {"pointwise_loss", runPointwise,
                                                         pointwiseWorkspace};
const KernelOf<PointwiseLossArguments> pointwise_loss_grad = {"pointwise_loss_grad",
                                                              runPointwiseGrad};
const KernelOf<KlDivergenceArguments> kl_divergence = {"kl_divergence", runDivergence,
                                                       divergenceWorkspace};
const KernelOf<KlDivergenceArguments> kl_divergence_grad = {"kl_divergence_grad",
                                                            runDivergenceGrad};

} // namespace plimsoll::cuda
