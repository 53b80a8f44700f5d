//===- ConvPlain.cpp - convolution in f64, for checks of gradients ----------===//
//
// Computes the sums of Conv.cpp's header comment as they are written, over the taps that lie inside
// the image. A thread owns planes of the result and adds their terms in a fixed order.
//===----------------------------------------------------------------------===//
#include "ConvPlain.h"

#include "../../rules/ConvSizes.h"
#include "Team.h"

#include <cstring>

namespace plimsoll::plain {

void convolve(const Launch &launch) {
  ConvSizes s(launch.sizes);
  const Window &w = s.window;
  cpu::parallelFor(launch.threads, s.n * s.k, s.work() * 8, [&](int64_t plane) {
    int64_t image = plane / s.k, filter = plane % s.k, group = filter / s.filters();
    const double *x =
        launch.buffer<double>(0) + (image * s.c + group * s.channels()) * w.elements();
    const double *weights = launch.buffer<double>(1) + filter * s.depth();
    double *y = launch.buffer<double>(2) + plane * s.outputs();
    forEachWindow(w, [&](const int64_t *output, int64_t index, const Taps &taps) {
      double sum = 0;
      for (int64_t c = 0; c < s.channels(); ++c)
        taps.forEach(w, output, [&](int64_t i, int64_t tap) {
          sum += weights[c * s.taps() + tap] * x[c * w.elements() + i];
        });
      y[index] = sum;
    });
  });
}

void convolveGradInput(const Launch &launch) {
  ConvSizes s(launch.sizes);
  const Window &w = s.window;
  cpu::parallelFor(launch.threads, s.n * s.c, s.work() * 8, [&](int64_t plane) {
    int64_t image = plane / s.c, channel = plane % s.c, group = channel / s.channels();
    double *dx = launch.buffer<double>(2) + plane * w.elements();
    std::memset(dx, 0, sizeof(double) * w.elements());
    for (int64_t k = group * s.filters(); k < (group + 1) * s.filters(); ++k) {
      const double *dy = launch.buffer<double>(0) + (image * s.k + k) * s.outputs();
      const double *weights =
          launch.buffer<double>(1) + k * s.depth() + channel % s.channels() * s.taps();
      forEachWindow(w, [&](const int64_t *output, int64_t index, const Taps &taps) {
        taps.forEach(w, output, [&](int64_t i, int64_t tap) { dx[i] += weights[tap] * dy[index]; });
      });
    }
  });
}

void convolveGradWeight(const Launch &launch) {
  ConvSizes s(launch.sizes);
  const Window &w = s.window;
  cpu::parallelFor(launch.threads, s.k * s.channels(), s.work() * 8, [&](int64_t plane) {
    int64_t filter = plane / s.channels();
    int64_t channel = filter / s.filters() * s.channels() + plane % s.channels();
    double *dw = launch.buffer<double>(2) + plane * s.taps();
    std::memset(dw, 0, sizeof(double) * s.taps());
    for (int64_t image = 0; image < s.n; ++image) {
      const double *dy = launch.buffer<double>(0) + (image * s.k + filter) * s.outputs();
      const double *x = launch.buffer<double>(1) + (image * s.c + channel) * w.elements();
      forEachWindow(w, [&](const int64_t *output, int64_t index, const Taps &taps) {
        taps.forEach(w, output, [&](int64_t i, int64_t tap) { dw[tap] += dy[index] * x[i]; });
      });
    }
  });
}

} // namespace plimsoll::plain
