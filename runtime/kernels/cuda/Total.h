//===- Total.h - one sum over many numbers -----------------------------------===//
//
// There are two launches. The first has at most 1,024 blocks, each of which adds runs of 256
// numbers with the stride of the grid; in the second one block adds their sums. Sums are f64, and
// their order depends on the count alone. The workspace is f64 [partsOf(count)], at most 1,024.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CUDA_TOTAL_H
#define PLIMSOLL_CUDA_TOTAL_H

#include "Rows.h"

namespace plimsoll::cuda {

inline constexpr int64_t kMostParts = 1024;

/// Returns the number of blocks that add `count` numbers: one per 1,024, at most 1,024.
inline int64_t partsOf(int64_t count) {
  int64_t parts = blocksFor(count, 4 * kRowThreads);
  return parts < 1 ? 1 : parts < kMostParts ? parts : kMostParts;
}

template <typename Term>
__global__ void __launch_bounds__(kRowThreads) addTerms(Term term, int64_t count, double *parts) {
  double sum = 0;
  for (int64_t i = int64_t(blockIdx.x) * kRowThreads + threadIdx.x; i < count;
       i += int64_t(gridDim.x) * kRowThreads)
    sum += term(i);
  sum = combineBlock<kRowThreads>(sum, Add());
  if (threadIdx.x == 0)
    parts[blockIdx.x] = sum;
}

/// Calls finish(sum of the parts), in one thread.
template <typename Finish>
__global__ void __launch_bounds__(kRowThreads)
    addParts(const double *parts, int64_t count, Finish finish) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kRowThreads)
    sum += parts[i];
  sum = combineBlock<kRowThreads>(sum, Add());
  if (threadIdx.x == 0)
    finish(sum);
}

/// Calls finish(sum over i < count of term(i)). `parts`: the workspace, f64 [partsOf(count)].
template <typename Term, typename Finish>
void total(Stream stream, int64_t count, double *parts, Term term, Finish finish) {
  int64_t blocks = partsOf(count);
  launch(stream, blocks, kRowThreads, addTerms<Term>, term, count, parts);
  launch(stream, 1, kRowThreads, addParts<Finish>, parts, blocks, finish);
}

/// A `finish` that writes a sum times `factor`.
template <typename T> struct Store {
  T *to;
  double factor;
  __device__ void operator()(double sum) const { *to = static_cast<T>(sum * factor); }
};

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_TOTAL_H
