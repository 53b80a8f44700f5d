//===- Reduce.cpp - maxima, minima, products and positions of rows ----------===//
//
// reduce {x, y} {rows, cols, kind}: y[r] from x[r, :]; kind 0 maximum, 1 minimum,
//   2 product, 3 sum. An empty row gives the lowest number, the highest, 1 or 0. If a row has a
//   NaN, the result is NaN.
// reduce_prod_grad {dy, x, dx} {rows, cols}: dx[r, i] = dy[r] * product of x[r, j != i].
// arg_reduce {x, y} {rows, cols, kind, last}: y is the i64 position of the maximum or
// minimum,
//   the first of equal ones or, with `last`, the last.
//
// One thread computes a whole row, from its first element on; products of floats are kept
// in f64.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "Team.h"
#include "plimsoll/Kernels.h"

namespace plimsoll {
namespace {

enum Kind { kMaximum, kMinimum, kProduct, kSum };

template <typename T> T reduceRow(const T *x, int64_t cols, int64_t kind) {
  if (kind == kMaximum || kind == kMinimum) {
    T best = kind == kMaximum ? lowest<T>() : highest<T>();
    for (int64_t i = 0; i < cols; ++i) {
      bool better = kind == kMaximum ? x[i] > best : x[i] < best;
      best = better || isNan(x[i]) ? x[i] : best; // a NaN stays: no comparison replaces it
      if (isNan(best))
        return best;
    }
    return best;
  }
  typename Accumulator<T>::Type result = kind == kProduct ? 1 : 0;
  for (int64_t i = 0; i < cols; ++i)
    result = kind == kProduct ? result * x[i] : result + x[i];
  return static_cast<T>(result);
}

void runReduce(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1], kind = launch.sizes[2];
  withElements(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    const T *x = launch.buffer<T>(0);
    T *y = launch.buffer<T>(1);
    cpu::parallelFor(launch.threads, rows, rows * cols,
                     [&](int64_t row) { y[row] = reduceRow(x + row * cols, cols, kind); });
  });
}

/// Multiplies dy by the product of the elements before each one, then by that of those after it.
template <typename T> void productGradient(T dy, const T *x, T *dx, int64_t cols) {
  double before = dy;
  for (int64_t i = 0; i < cols; ++i) {
    dx[i] = static_cast<T>(before);
    before *= x[i];
  }
  double behind = 1;
  for (int64_t i = cols; i-- > 0;) {
    dx[i] = static_cast<T>(dx[i] * behind);
    behind *= x[i];
  }
}

void runProductGradient(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  withElements(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    const T *dy = launch.buffer<T>(0), *x = launch.buffer<T>(1);
    T *dx = launch.buffer<T>(2);
    cpu::parallelFor(launch.threads, rows, 2 * rows * cols, [&](int64_t row) {
      productGradient(dy[row], x + row * cols, dx + row * cols, cols);
    });
  });
}

void runArgReduce(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1], kind = launch.sizes[2];
  bool last = launch.sizes[3];
  withElements(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    const T *input = launch.buffer<T>(0);
    int64_t *y = launch.buffer<int64_t>(1);
    cpu::parallelFor(launch.threads, rows, rows * cols, [&](int64_t row) {
      const T *x = input + row * cols;
      int64_t best = 0;
      for (int64_t i = 1; i < cols; ++i) {
        bool better = kind == kMaximum ? x[i] > x[best] : x[i] < x[best];
        if (better || (last && x[i] == x[best]) || (isNan(x[i]) && !isNan(x[best])))
          best = i;
      }
      y[row] = best;
    });
  });
}

} // namespace

const KernelOf<ReduceArguments> reduce = {"reduce", runReduce};
const KernelOf<ReduceProdGradArguments> reduce_prod_grad = {"reduce_prod_grad", runProductGradient};
const KernelOf<ArgReduceArguments> arg_reduce = {"arg_reduce", runArgReduce};

} // namespace plimsoll
