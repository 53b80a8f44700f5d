//===- LayerNorm.cpp - layer normalisation and its gradients ----------------===//
//
// layer_norm {x, scale, bias | null, y, mean, rstd} {rows, cols} {epsilon}
//   x [rows, cols], scale [cols], bias [cols] -> y [rows, cols], mean [rows], rstd [rows]
//   y = (x - mean) * rstd * scale + bias; y may be x's bytes.
// layer_norm_grad_input {dy, x, scale, mean, rstd, dx} {rows, cols}
//   dx may be dy's bytes.
// layer_norm_grad_params {dy, x, mean, rstd, dscale, dbias | null} {rows, cols}
//
// Row sums run in 16 fixed f64 lanes and a fixed tree; column sums (gradients of scale
// and bias) run over the rows in order, in f64. Threads own rows, or columns: bits
// depend on the shape alone. Variance in two passes, biased: Ba et al. (2016), eq. 3.
//===----------------------------------------------------------------------===//
#include "../backends/cpu/Team.h"
#include "Lanes.h"
#include "plimsoll/Kernels.h"

#include <cmath>

namespace plimsoll {
namespace {

void forwardRow(const float *x, const float *scale, const float *bias, float *y, float &mean,
                float &rstd, int64_t cols, double epsilon) {
  double m = laneSum<double>(cols, [&](int64_t i) { return double(x[i]); }) / double(cols);
  double variance = laneSum<double>(cols,
                                    [&](int64_t i) {
                                      double d = double(x[i]) - m;
                                      return d * d;
                                    }) /
                    double(cols);
  double r = 1.0 / std::sqrt(variance + epsilon);
  mean = static_cast<float>(m);
  rstd = static_cast<float>(r);
  // In f64: (x - mean) * rstd from the stored f32 mean would lose what the sum kept.
  if (bias)
    for (int64_t i = 0; i < cols; ++i)
      y[i] = static_cast<float>((double(x[i]) - m) * r * double(scale[i]) + double(bias[i]));
  else
    for (int64_t i = 0; i < cols; ++i)
      y[i] = static_cast<float>((double(x[i]) - m) * r * double(scale[i]));
}

void runForward(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  const float *x = launch.buffer<float>(0), *scale = launch.buffer<float>(1);
  const float *bias = launch.buffer<float>(2);
  float *y = launch.buffer<float>(3);
  float *mean = launch.buffer<float>(4), *rstd = launch.buffer<float>(5);
  cpu::parallelFor(launch.threads, rows, rows * cols, [&](int64_t row) {
    forwardRow(x + row * cols, scale, bias, y + row * cols, mean[row], rstd[row], cols,
               launch.scalars[0]);
  });
}

void gradInputRow(const float *dy, const float *x, const float *scale, double mean, double rstd,
                  float *dx, int64_t cols) {
  double sum = laneSum<double>(cols, [&](int64_t i) { return double(dy[i]) * double(scale[i]); });
  double dot = laneSum<double>(cols, [&](int64_t i) {
    return double(dy[i]) * double(scale[i]) * ((double(x[i]) - mean) * rstd);
  });
  sum /= double(cols), dot /= double(cols);
  for (int64_t i = 0; i < cols; ++i) {
    double normal = (double(x[i]) - mean) * rstd;
    dx[i] = static_cast<float>(rstd * (double(dy[i]) * double(scale[i]) - sum - normal * dot));
  }
}

void runGradInput(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  const float *dy = launch.buffer<float>(0), *x = launch.buffer<float>(1);
  const float *scale = launch.buffer<float>(2);
  const float *mean = launch.buffer<float>(3), *rstd = launch.buffer<float>(4);
  float *dx = launch.buffer<float>(5);
  cpu::parallelFor(launch.threads, rows, rows * cols, [&](int64_t row) {
    gradInputRow(dy + row * cols, x + row * cols, scale, mean[row], rstd[row], dx + row * cols,
                 cols);
  });
}

constexpr int kColumnBlock = 64;

/// Columns [0, width) of the gradients; width <= kColumnBlock.
void gradParamsBlock(const Launch &launch, int64_t first, int64_t width) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  const float *dy = launch.buffer<float>(0) + first, *x = launch.buffer<float>(1) + first;
  const float *mean = launch.buffer<float>(2), *rstd = launch.buffer<float>(3);
  float *dscale = launch.buffer<float>(4), *dbias = launch.buffer<float>(5);
  double scaleSum[kColumnBlock] = {}, biasSum[kColumnBlock] = {};
  for (int64_t row = 0; row < rows; ++row, dy += cols, x += cols) {
    double m = mean[row], r = rstd[row];
    for (int64_t i = 0; i < width; ++i) {
      scaleSum[i] += double(dy[i]) * ((double(x[i]) - m) * r);
      biasSum[i] += double(dy[i]);
    }
  }
  for (int64_t i = 0; i < width; ++i)
    dscale[first + i] = static_cast<float>(scaleSum[i]);
  if (dbias)
    for (int64_t i = 0; i < width; ++i)
      dbias[first + i] = static_cast<float>(biasSum[i]);
}

void runGradParams(const Launch &launch) {
  int64_t cols = launch.sizes[1], blocks = (cols + kColumnBlock - 1) / kColumnBlock;
  cpu::parallelFor(launch.threads, blocks, launch.sizes[0] * cols, [&](int64_t block) {
    int64_t first = block * kColumnBlock, rest = cols - first;
    gradParamsBlock(launch, first, rest < kColumnBlock ? rest : kColumnBlock);
  });
}

} // namespace

const Kernel layer_norm = {"layer_norm", runForward};
const Kernel layer_norm_grad_input = {"layer_norm_grad_input", runGradInput};
const Kernel layer_norm_grad_params = {"layer_norm_grad_params", runGradParams};

} // namespace plimsoll
