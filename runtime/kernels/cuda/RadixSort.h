//===- RadixSort.h - places of keys in their sorted order --------------------===//
#ifndef PLIMSOLL_CUDA_RADIXSORT_H
#define PLIMSOLL_CUDA_RADIXSORT_H

#include "plimsoll/cuda/Simt.h"

namespace plimsoll::cuda::radix {

/// Keys, and the number that each had before the sort.
struct Pairs {
  int *keys, *order;
};

/// int32s of the space that `sort` needs beside the keys; these lie in [0, most].
int64_t spaceOf(int64_t count, int64_t most);

/// Sorts `keys`, equal ones in the order that they have, and answers where they are then. What
/// lay in `keys` is lost. Both counts are below 2^31.
Pairs sort(Stream stream, int *keys, int64_t count, int64_t most, int *space);

} // namespace plimsoll::cuda::radix

#endif // PLIMSOLL_CUDA_RADIXSORT_H
