//===- Softmax.cpp - softmax over rows and its gradient ---------------------===//
//
// softmax {x, y} {rows, cols}: y may be x's bytes. A row with only -inf gives NaN, as in
//   PyTorch.
// softmax_grad {dy, y, dx} {rows, cols}: dx = y * (dy - sum(dy * y)); dx may be dy's
//   bytes.
// log_softmax {x, y} {rows, cols}: y = x - max x - ln(sum e^(x - max x)); y may be x's.
//
// The maximum is subtracted first; sums run in 16 fixed f64 lanes. One thread computes a whole row.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "Lanes.h"
#include "Team.h"
#include "plimsoll/Kernels.h"
#include "plimsoll/Math.h"

namespace plimsoll {
namespace {

template <typename T> void softmaxRow(const T *x, T *y, int64_t cols) {
  T top = laneMax(cols, [&](int64_t i) { return x[i]; });
  for (int64_t i = 0; i < cols; ++i)
    y[i] = plimsoll::exp(x[i] - top);
  double sum = laneSum<double>(cols, [&](int64_t i) { return double(y[i]); });
  T scale = static_cast<T>(1.0 / sum);
  for (int64_t i = 0; i < cols; ++i)
    y[i] *= scale;
}

template <typename T> void logSoftmaxRow(const T *x, T *y, int64_t cols) {
  T top = laneMax(cols, [&](int64_t i) { return x[i]; });
  double sum = laneSum<double>(cols, [&](int64_t i) { return double(plimsoll::exp(x[i] - top)); });
  T shift = static_cast<T>(plimsoll::log(sum));
  for (int64_t i = 0; i < cols; ++i)
    y[i] = (x[i] - top) - shift;
}

template <typename T> void softmaxGradRow(const T *dy, const T *y, T *dx, int64_t cols) {
  T dot = static_cast<T>(
      laneSum<double>(cols, [&](int64_t i) { return double(dy[i]) * double(y[i]); }));
  for (int64_t i = 0; i < cols; ++i)
    dx[i] = y[i] * (dy[i] - dot);
}

template <bool logarithm> void runForward(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    const T *x = launch.buffer<T>(0);
    T *y = launch.buffer<T>(1);
    cpu::parallelFor(launch.threads, rows, rows * cols * 4, [&](int64_t row) {
      if (logarithm)
        logSoftmaxRow(x + row * cols, y + row * cols, cols);
      else
        softmaxRow(x + row * cols, y + row * cols, cols);
    });
  });
}

void runGrad(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    const T *dy = launch.buffer<T>(0), *y = launch.buffer<T>(1);
    T *dx = launch.buffer<T>(2);
    cpu::parallelFor(launch.threads, rows, rows * cols * 2, [&](int64_t row) {
      softmaxGradRow(dy + row * cols, y + row * cols, dx + row * cols, cols);
    });
  });
}

} // namespace

const KernelOf<SoftmaxArguments> softmax = {"softmax", runForward<false>};
const KernelOf<SoftmaxGradArguments> softmax_grad = {"softmax_grad", runGrad};
const KernelOf<LogSoftmaxArguments> log_softmax = {"log_softmax", runForward<true>};

} // namespace plimsoll
