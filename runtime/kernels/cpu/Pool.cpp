//===- Pool.cpp - maximum and mean over windows, and their gradients --------===//
//
// max_pool {x, y}, max_pool_grad {dy, x, dx}   sizes {planes, window}
// max_pool_index {x, indices}                  sizes {planes, window, columnMajor}
// avg_pool {x, y}, avg_pool_grad {dy, dx}      sizes {planes, window, padBehind[3], countPadding}
//   window: the 18 numbers of Window.h; x [planes, size], y [planes, out]; indices i64: the
//   element's number in x, -1 in an empty window; columnMajor: a plane's first size runs fastest
// Outputs share bytes with no operand. No workspace.
//
// One thread computes a whole plane and visits its windows in order: bits depend on the shape
// alone. The first of equal maxima counts and a NaN is larger than all, as in PyTorch. Sums
// run in f64.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "../../rules/PoolRules.h"
#include "Team.h"
#include "plimsoll/Kernels.h"

#include <cstring>

namespace plimsoll {
namespace {

template <typename Body> void forEachPlane(const Launch &launch, const Body &body) {
  Window w(launch.sizes + 1);
  int64_t planes = launch.sizes[0];
  cpu::parallelFor(launch.threads, planes, planes * w.outputs() * w.taps(),
                   [&](int64_t plane) { body(w, plane); });
}

template <typename T> void maxPool(const Launch &launch) {
  forEachPlane(launch, [&](const Window &w, int64_t plane) {
    const T *x = launch.buffer<T>(0) + plane * w.elements();
    T *y = launch.buffer<T>(1) + plane * w.outputs();
    forEachWindow(w, [&](const int64_t *output, int64_t index, const Taps &taps) {
      int64_t best = firstLargest(w, output, taps, x);
      y[index] = best < 0 ? lowest<T>() : x[best];
    });
  });
}

template <typename T> void maxPoolIndex(const Launch &launch) {
  bool columnMajor = launch.sizes[19] != 0;
  forEachPlane(launch, [&](const Window &w, int64_t plane) {
    const T *x = launch.buffer<T>(0) + plane * w.elements();
    int64_t *y = launch.buffer<int64_t>(1) + plane * w.outputs();
    forEachWindow(w, [&](const int64_t *output, int64_t index, const Taps &taps) {
      int64_t best = firstLargest(w, output, taps, x);
      best = columnMajor ? inColumnMajor(w, best) : best;
      y[index] = best < 0 ? -1 : plane * w.elements() + best;
    });
  });
}

template <typename T> void maxPoolGrad(const Launch &launch) {
  forEachPlane(launch, [&](const Window &w, int64_t plane) {
    const T *dy = launch.buffer<T>(0) + plane * w.outputs();
    const T *x = launch.buffer<T>(1) + plane * w.elements();
    T *dx = launch.buffer<T>(2) + plane * w.elements();
    std::memset(dx, 0, sizeof(T) * w.elements());
    forEachWindow(w, [&](const int64_t *output, int64_t index, const Taps &taps) {
      if (int64_t best = firstLargest(w, output, taps, x); best >= 0)
        dx[best] += dy[index];
    });
  });
}

template <typename T> void meanPool(const Launch &launch) {
  Divisor<int64_t> divisor(launch.sizes + 19);
  forEachPlane(launch, [&](const Window &w, int64_t plane) {
    const T *x = launch.buffer<T>(0) + plane * w.elements();
    T *y = launch.buffer<T>(1) + plane * w.outputs();
    forEachWindow(w, [&](const int64_t *output, int64_t index, const Taps &taps) {
      double sum = 0;
      taps.forEach(w, output, [&](int64_t i, int64_t) { sum += double(x[i]); });
      y[index] = static_cast<T>(sum / divisor(w, output, taps));
    });
  });
}

template <typename T> void meanPoolGrad(const Launch &launch) {
  Divisor<int64_t> divisor(launch.sizes + 19);
  forEachPlane(launch, [&](const Window &w, int64_t plane) {
    const T *dy = launch.buffer<T>(0) + plane * w.outputs();
    T *dx = launch.buffer<T>(1) + plane * w.elements();
    std::memset(dx, 0, sizeof(T) * w.elements());
    forEachWindow(w, [&](const int64_t *output, int64_t index, const Taps &taps) {
      auto share = static_cast<T>(double(dy[index]) / divisor(w, output, taps));
      taps.forEach(w, output, [&](int64_t i, int64_t) { dx[i] += share; });
    });
  });
}

/// Runs `twice` if the element type is f64, else `single`.
template <void (*single)(const Launch &), void (*twice)(const Launch &)>
void runTyped(const Launch &launch) {
  (launch.type == ElementType::f64 ? twice : single)(launch);
}

} // namespace

const KernelOf<MaxPoolArguments> max_pool = {"max_pool", runTyped<maxPool<float>, maxPool<double>>};
const KernelOf<MaxPoolIndexArguments> max_pool_index = {
    "max_pool_index", runTyped<maxPoolIndex<float>, maxPoolIndex<double>>};
const KernelOf<MaxPoolArguments> max_pool_grad = {
    "max_pool_grad", runTyped<maxPoolGrad<float>, maxPoolGrad<double>>};
const KernelOf<AvgPoolArguments> avg_pool = {"avg_pool",
                                             runTyped<meanPool<float>, meanPool<double>>};
const KernelOf<AvgPoolArguments> avg_pool_grad = {
    "avg_pool_grad", runTyped<meanPoolGrad<float>, meanPoolGrad<double>>};

} // namespace plimsoll
