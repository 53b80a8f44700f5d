//===- LayerNorm.cpp - layer normalisation and its gradients ----------------===//
//
// layer_norm {x, scale, bias | null, y, mean, rstd} {rows, cols, uncentered} {epsilon}
//   x [rows, cols], scale [cols], bias [cols] -> y [rows, cols], mean [rows], rstd [rows]
//   y = (x - mean) * rstd * scale + bias; y may be x's bytes. Uncentered: mean is zero.
// layer_norm_grad_input {dy, x, scale, mean, rstd, dx} {rows, cols, uncentered}
//   dx may be dy's bytes.
// layer_norm_grad_params {dy, x, mean, rstd, dscale, dbias | null} {rows, cols}
//
// If the type is f64, all buffers are f64. Row sums run in 16 fixed f64 lanes and a
// fixed tree; column sums (gradients of scale and bias) run over the rows in order, in f64. Threads
// own rows, or columns: bits depend on the shape alone. Variance in two passes, biased: Ba et al.
// (2016), eq. 3.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "Lanes.h"
#include "Team.h"
#include "plimsoll/Kernels.h"

#include <cmath>

namespace plimsoll {
namespace {

template <typename T>
void forwardRow(const T *x, const T *scale, const T *bias, T *y, T &mean, T &rstd, int64_t cols,
                bool uncentered, double epsilon) {
  double m = uncentered
                 ? 0
                 : laneSum<double>(cols, [&](int64_t i) { return double(x[i]); }) / double(cols);
  double variance = laneSum<double>(cols,
                                    [&](int64_t i) {
                                      double d = double(x[i]) - m;
                                      return d * d;
                                    }) /
                    double(cols);
  double r = 1.0 / std::sqrt(variance + epsilon);
  mean = static_cast<T>(m);
  rstd = static_cast<T>(r);
  // y is computed from the f64 mean: the stored f32 mean would lose bits that the sum kept.
  if (bias)
    for (int64_t i = 0; i < cols; ++i)
      y[i] = static_cast<T>((double(x[i]) - m) * r * double(scale[i]) + double(bias[i]));
  else
    for (int64_t i = 0; i < cols; ++i)
      y[i] = static_cast<T>((double(x[i]) - m) * r * double(scale[i]));
}

template <typename T> void runForwardOf(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  const T *x = launch.buffer<T>(0), *scale = launch.buffer<T>(1);
  const T *bias = launch.buffer<T>(2);
  T *y = launch.buffer<T>(3);
  T *mean = launch.buffer<T>(4), *rstd = launch.buffer<T>(5);
  cpu::parallelFor(launch.threads, rows, rows * cols, [&](int64_t row) {
    forwardRow(x + row * cols, scale, bias, y + row * cols, mean[row], rstd[row], cols,
               launch.sizes[2] != 0, launch.scalars[0]);
  });
}

template <typename T>
void gradInputRow(const T *dy, const T *x, const T *scale, double mean, double rstd, T *dx,
                  int64_t cols, bool uncentered) {
  double sum = uncentered ? 0 : laneSum<double>(cols, [&](int64_t i) {
    return double(dy[i]) * double(scale[i]);
  });
  double dot = laneSum<double>(cols, [&](int64_t i) {
    return double(dy[i]) * double(scale[i]) * ((double(x[i]) - mean) * rstd);
  });
  sum /= double(cols), dot /= double(cols);
  for (int64_t i = 0; i < cols; ++i) {
    double normal = (double(x[i]) - mean) * rstd;
    dx[i] = static_cast<T>(rstd * (double(dy[i]) * double(scale[i]) - sum - normal * dot));
  }
}

template <typename T> void runGradInputOf(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  const T *dy = launch.buffer<T>(0), *x = launch.buffer<T>(1);
  const T *scale = launch.buffer<T>(2);
  const T *mean = launch.buffer<T>(3), *rstd = launch.buffer<T>(4);
  T *dx = launch.buffer<T>(5);
  cpu::parallelFor(launch.threads, rows, rows * cols, [&](int64_t row) {
    gradInputRow(dy + row * cols, x + row * cols, scale, mean[row], rstd[row], dx + row * cols,
                 cols, launch.sizes[2] != 0);
  });
}

constexpr int kColumnBlock = 64;

/// Computes columns [first, first + width) of the gradients; width <= kColumnBlock.
template <typename T> void gradParamsBlock(const Launch &launch, int64_t first, int64_t width) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  const T *dy = launch.buffer<T>(0) + first, *x = launch.buffer<T>(1) + first;
  const T *mean = launch.buffer<T>(2), *rstd = launch.buffer<T>(3);
  T *dscale = launch.buffer<T>(4), *dbias = launch.buffer<T>(5);
  double scaleSum[kColumnBlock] = {}, biasSum[kColumnBlock] = {};
  for (int64_t row = 0; row < rows; ++row, dy += cols, x += cols) {
    double m = mean[row], r = rstd[row];
    for (int64_t i = 0; i < width; ++i) {
      scaleSum[i] += double(dy[i]) * ((double(x[i]) - m) * r);
      biasSum[i] += double(dy[i]);
    }
  }
  for (int64_t i = 0; i < width; ++i)
    dscale[first + i] = static_cast<T>(scaleSum[i]);
  if (dbias)
    for (int64_t i = 0; i < width; ++i)
      dbias[first + i] = static_cast<T>(biasSum[i]);
}

template <typename T> void runGradParamsOf(const Launch &launch) {
  int64_t cols = launch.sizes[1], blocks = (cols + kColumnBlock - 1) / kColumnBlock;
  cpu::parallelFor(launch.threads, blocks, launch.sizes[0] * cols, [&](int64_t block) {
    int64_t first = block * kColumnBlock, rest = cols - first;
    gradParamsBlock<T>(launch, first, rest < kColumnBlock ? rest : kColumnBlock);
  });
}

void runForward(const Launch &launch) {
  withFloats(launch,
             [&](auto *tag) { runForwardOf<std::remove_pointer_t<decltype(tag)>>(launch); });
}
void runGradInput(const Launch &launch) {
  withFloats(launch,
             [&](auto *tag) { runGradInputOf<std::remove_pointer_t<decltype(tag)>>(launch); });
}
void runGradParams(const Launch &launch) {
  withFloats(launch,
             [&](auto *tag) { runGradParamsOf<std::remove_pointer_t<decltype(tag)>>(launch); });
}

} // namespace

const KernelOf<LayerNormArguments> layer_norm = {"layer_norm", runForward};
const KernelOf<LayerNormGradInputArguments> layer_norm_grad_input = {"layer_norm_grad_input",
                                                                     runGradInput};
const KernelOf<LayerNormGradParamsArguments> layer_norm_grad_params = {"layer_norm_grad_params",
                                                                       runGradParams};

} // namespace plimsoll
