//===- Scan.cpp - running sums and the order of rows -------------------------===//
//
// cum_sum {x, y} {rows, cols, exclusive, reverse}: y may be x's bytes. Floats are
//   summed in f64, integers wrap.
// top_k {x, values, indices} {rows, cols, k, smallest}: the first k of each row in
//   descending (smallest: ascending) order, equal ones in the order of the row; indices i64. A NaN
//   is larger than every number.
//
// One thread computes a whole row.
//===----------------------------------------------------------------------===//
#include "../../rules/ElementRules.h"
#include "../../rules/Elements.h"
#include "Team.h"
#include "plimsoll/Kernels.h"

namespace plimsoll {
namespace {

void runCumSum(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  bool exclusive = launch.sizes[2], reverse = launch.sizes[3];
  withElements(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    const T *x = launch.buffer<T>(0);
    T *y = launch.buffer<T>(1);
    cpu::parallelFor(launch.threads, rows, rows * cols, [&](int64_t row) {
      typename Accumulator<T>::Type sum = 0;
      for (int64_t step = 0; step < cols; ++step) {
        int64_t i = row * cols + (reverse ? cols - 1 - step : step);
        auto old = sum;
        sum += x[i];
        y[i] = static_cast<T>(exclusive ? old : sum);
      }
    });
  });
}

/// Finds the first k by insertion into the best so far: k is small compared with the row, and
/// nothing is allocated.
template <typename T>
void topOfRow(const T *x, int64_t cols, int64_t k, bool smallest, T *values, int64_t *indices) {
  int64_t found = 0;
  for (int64_t i = 0; i < cols && k > 0; ++i) {
    if (found == k && !precedes(x[i], values[k - 1], smallest))
      continue;
    int64_t at = found < k ? found++ : k - 1;
    for (; at > 0 && precedes(x[i], values[at - 1], smallest); --at) {
      values[at] = values[at - 1];
      indices[at] = indices[at - 1];
    }
    values[at] = x[i];
    indices[at] = i;
  }
}

void runTopK(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1], k = launch.sizes[2];
  bool smallest = launch.sizes[3];
  withElements(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    const T *x = launch.buffer<T>(0);
    T *values = launch.buffer<T>(1);
    int64_t *indices = launch.buffer<int64_t>(2);
    cpu::parallelFor(launch.threads, rows, rows * cols * 4, [&](int64_t row) {
      topOfRow(x + row * cols, cols, k, smallest, values + row * k, indices + row * k);
    });
  });
}

} // namespace

const KernelOf<CumSumArguments> cum_sum = {"cum_sum", runCumSum};
const KernelOf<TopKArguments> top_k = {"top_k", runTopK};

} // namespace plimsoll
