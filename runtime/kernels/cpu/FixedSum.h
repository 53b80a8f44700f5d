//===- FixedSum.h - sums over many parts in one order -----------------------===//
#ifndef PLIMSOLL_KERNELS_FIXEDSUM_H
#define PLIMSOLL_KERNELS_FIXEDSUM_H

#include "Team.h"

namespace plimsoll {

/// Returns the sum over [0, count), cut into at most 1,024 runs of about `least` items or more.
/// run(begin, end) returns the sum of one run; the runs are added as a tree. The order depends on
/// `count` and `least` alone, so threads do not change bits. `work`: elementary operations in all.
template <typename Run>
inline double fixedSum(int threads, int64_t count, int64_t least, int64_t work, const Run &run) {
  constexpr int64_t kMost = 1024;
  double partial[kMost];
  int64_t runs = (count + least - 1) / least;
  runs = runs < kMost ? runs : kMost;
  cpu::parallelFor(threads, runs, work,
                   [&](int64_t i) { partial[i] = run(count * i / runs, count * (i + 1) / runs); });
  for (int64_t width = 1; width < runs; width *= 2)
    for (int64_t i = 0; i + width < runs; i += 2 * width)
      partial[i] += partial[i + width];
  return runs ? partial[0] : 0.0;
}

} // namespace plimsoll

#endif // PLIMSOLL_KERNELS_FIXEDSUM_H
