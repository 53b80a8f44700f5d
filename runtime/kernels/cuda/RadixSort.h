//===- RadixSort.h - a stable sort of keys with their numbers ----------------===//
#ifndef PLIMSOLL_CUDA_RADIXSORT_H
#define PLIMSOLL_CUDA_RADIXSORT_H

#include "plimsoll/cuda/Simt.h"

namespace plimsoll::cuda::radix {

/// Keys, and the index that each had before the sort.
struct Pairs {
  int *keys, *order;
};

/// Returns the space that `sort` needs besides the keys, in int32s. Keys are in [0, most].
int64_t spaceOf(int64_t count, int64_t most);

/// Sorts `keys`, keeping the order of equal ones. Returns the sorted pairs, which lie in `keys` or
/// `space`; both are overwritten. `count` and `most` are below 2^31.
Pairs sort(Stream stream, int *keys, int64_t count, int64_t most, int *space);

} // namespace plimsoll::cuda::radix

#endif // PLIMSOLL_CUDA_RADIXSORT_H
