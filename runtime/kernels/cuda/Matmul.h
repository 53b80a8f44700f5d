//===- Matmul.h - what cuBLASLt may use of the arena -------------------------===//
#ifndef PLIMSOLL_CUDA_MATMUL_H
#define PLIMSOLL_CUDA_MATMUL_H

#include "../../rules/MatmulSizes.h"

namespace plimsoll::cuda {

/// The cap of a product's workspace, bytes: most algorithms without split-K need none; large
/// products may take up to 4 MiB, small ones what their result takes.
inline int64_t matmulWorkspace(const int64_t *sizes, int, int) {
  constexpr int64_t most = int64_t(4) << 20, unit = 256;
  MatmulSizes s(sizes);
  int64_t result = (s.batch * s.m * s.n * 4 + unit - 1) / unit * unit;
  return result < unit ? unit : result > most ? most : result;
}

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_MATMUL_H
