//===- Softmax.cpp - softmax over rows and its gradient ---------------------===//
//
// softmax {x, y} {rows, cols}: y may be x's bytes. A row of -inf alone gives NaN, as in PyTorch.
// softmax_grad {dy, y, dx} {rows, cols}: dx = y * (dy - sum(dy * y)); dx may be dy's bytes.
//
// The maximum is subtracted first; sums run in 16 fixed f64 lanes. A row is one thread's.
//===----------------------------------------------------------------------===//
#include "../backends/cpu/Team.h"
#include "Lanes.h"
#include "plimsoll/Kernels.h"
#include "plimsoll/Math.h"

namespace plimsoll {
namespace {

void runForward(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  const float *input = launch.buffer<float>(0);
  float *output = launch.buffer<float>(1);
  cpu::parallelFor(launch.threads, rows, rows * cols * 4, [&](int64_t row) {
    const float *x = input + row * cols;
    float *y = output + row * cols;
    float top = laneMax(cols, [&](int64_t i) { return x[i]; });
    for (int64_t i = 0; i < cols; ++i)
      y[i] = plimsoll::exp(x[i] - top);
    double sum = laneSum<double>(cols, [&](int64_t i) { return double(y[i]); });
    float scale = static_cast<float>(1.0 / sum);
    for (int64_t i = 0; i < cols; ++i)
      y[i] *= scale;
  });
}

void runGrad(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  const float *gradient = launch.buffer<float>(0), *result = launch.buffer<float>(1);
  float *output = launch.buffer<float>(2);
  cpu::parallelFor(launch.threads, rows, rows * cols * 2, [&](int64_t row) {
    const float *dy = gradient + row * cols, *y = result + row * cols;
    float *dx = output + row * cols;
    float dot = static_cast<float>(
        laneSum<double>(cols, [&](int64_t i) { return double(dy[i]) * double(y[i]); }));
    for (int64_t i = 0; i < cols; ++i)
      dx[i] = y[i] * (dy[i] - dot);
  });
}

} // namespace

const Kernel softmax = {"softmax", runForward};
const Kernel softmax_grad = {"softmax_grad", runGrad};

} // namespace plimsoll
