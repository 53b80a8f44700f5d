//===- Pool.cpp - maximum and mean over windows, and their gradients --------===//
//
// max_pool {x, y}, max_pool_grad {dy, x, dx}   sizes {planes, window}
// avg_pool {x, y}, avg_pool_grad {dy, dx}      sizes {planes, window, padBehind[3], countPadding}
//   window: the 18 numbers of Window.h; x [planes, size], y [planes, out]
// Outputs share bytes with no operand. No workspace.
//
// A plane is one thread's and its windows are visited in order: bits depend on the shape
// alone. The first of equal maxima counts and a NaN is larger than all, as in PyTorch. Sums
// run in f64.
//===----------------------------------------------------------------------===//
#include "../backends/cpu/Team.h"
#include "Window.h"
#include "plimsoll/Kernels.h"

#include <cstring>

namespace plimsoll {
namespace {

/// Taps of one window that lie inside the plane: [first[d], last[d]) along each dimension.
struct Taps {
  int64_t first[3], last[3];

  Taps(const Window &w, const int64_t *output) {
    for (int d = 0; d < 3; ++d) {
      int64_t start = w.at(d, output[d], 0), dilation = w.dilation[d];
      first[d] = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
      int64_t left = w.size[d] - start;
      last[d] = left <= 0 ? 0 : (left + dilation - 1) / dilation;
      last[d] = last[d] < w.kernel[d] ? last[d] : w.kernel[d];
    }
  }

  /// body(index of the element in the plane) in the order of the taps.
  template <typename Body>
  void forEach(const Window &w, const int64_t *output, const Body &body) const {
    for (int64_t t = first[0]; t < last[0]; ++t)
      for (int64_t r = first[1]; r < last[1]; ++r) {
        int64_t row = (w.at(0, output[0], t) * w.size[1] + w.at(1, output[1], r)) * w.size[2];
        for (int64_t s = first[2]; s < last[2]; ++s)
          body(row + w.at(2, output[2], s));
      }
  }
};

/// body(output position, its index, its taps) for each window of a plane.
template <typename Body> inline void forEachWindow(const Window &w, const Body &body) {
  int64_t index = 0, o[3];
  for (o[0] = 0; o[0] < w.out[0]; ++o[0])
    for (o[1] = 0; o[1] < w.out[1]; ++o[1])
      for (o[2] = 0; o[2] < w.out[2]; ++o[2])
        body(o, index++, Taps(w, o));
}

/// Index of the first largest element of a window, -1 if it holds none.
int64_t firstLargest(const Window &w, const int64_t *output, const Taps &taps, const float *x) {
  int64_t best = -1;
  taps.forEach(w, output, [&](int64_t i) {
    if (best < 0 || x[i] > x[best] || (x[i] != x[i] && x[best] == x[best]))
      best = i;
  });
  return best;
}

template <typename Body> void forEachPlane(const Launch &launch, const Body &body) {
  Window w(launch.sizes + 1);
  int64_t planes = launch.sizes[0];
  cpu::parallelFor(launch.threads, planes, planes * w.outputs() * w.taps(),
                   [&](int64_t plane) { body(w, plane); });
}

void runMax(const Launch &launch) {
  forEachPlane(launch, [&](const Window &w, int64_t plane) {
    const float *x = launch.buffer<float>(0) + plane * w.elements();
    float *y = launch.buffer<float>(1) + plane * w.outputs();
    forEachWindow(w, [&](const int64_t *output, int64_t index, const Taps &taps) {
      int64_t best = firstLargest(w, output, taps, x);
      y[index] = best < 0 ? -__builtin_inff() : x[best];
    });
  });
}

void runMaxGrad(const Launch &launch) {
  forEachPlane(launch, [&](const Window &w, int64_t plane) {
    const float *dy = launch.buffer<float>(0) + plane * w.outputs();
    const float *x = launch.buffer<float>(1) + plane * w.elements();
    float *dx = launch.buffer<float>(2) + plane * w.elements();
    std::memset(dx, 0, sizeof(float) * w.elements());
    forEachWindow(w, [&](const int64_t *output, int64_t index, const Taps &taps) {
      if (int64_t best = firstLargest(w, output, taps, x); best >= 0)
        dx[best] += dy[index];
    });
  });
}

/// By how much the sum of a window is divided.
double divisor(const Launch &launch, const Window &w, const int64_t *output, const Taps &taps) {
  const int64_t *padBehind = launch.sizes + 19;
  bool countPadding = launch.sizes[22] != 0;
  double count = 1;
  for (int d = 0; d < 3; ++d) {
    int64_t here = taps.last[d] - taps.first[d];
    if (countPadding) { // a window may end behind the padding, where nothing counts
      int64_t left = w.size[d] + padBehind[d] - w.at(d, output[d], 0);
      int64_t all = left <= 0 ? 0 : (left + w.dilation[d] - 1) / w.dilation[d];
      here = all < w.kernel[d] ? all : w.kernel[d];
    }
    count *= double(here);
  }
  return count;
}

void runMean(const Launch &launch) {
  forEachPlane(launch, [&](const Window &w, int64_t plane) {
    const float *x = launch.buffer<float>(0) + plane * w.elements();
    float *y = launch.buffer<float>(1) + plane * w.outputs();
    forEachWindow(w, [&](const int64_t *output, int64_t index, const Taps &taps) {
      double sum = 0;
      taps.forEach(w, output, [&](int64_t i) { sum += double(x[i]); });
      y[index] = static_cast<float>(sum / divisor(launch, w, output, taps));
    });
  });
}

void runMeanGrad(const Launch &launch) {
  forEachPlane(launch, [&](const Window &w, int64_t plane) {
    const float *dy = launch.buffer<float>(0) + plane * w.outputs();
    float *dx = launch.buffer<float>(1) + plane * w.elements();
    std::memset(dx, 0, sizeof(float) * w.elements());
    forEachWindow(w, [&](const int64_t *output, int64_t index, const Taps &taps) {
      auto share = static_cast<float>(double(dy[index]) / divisor(launch, w, output, taps));
      taps.forEach(w, output, [&](int64_t i) { dx[i] += share; });
    });
  });
}

} // namespace

const Kernel max_pool = {"max_pool", runMax};
const Kernel max_pool_grad = {"max_pool_grad", runMaxGrad};
const Kernel avg_pool = {"avg_pool", runMean};
const Kernel avg_pool_grad = {"avg_pool_grad", runMeanGrad};

} // namespace plimsoll
