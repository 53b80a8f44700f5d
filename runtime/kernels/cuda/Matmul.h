//===- Matmul.h - the workspace of cuBLASLt's products -----------------------===//
#ifndef PLIMSOLL_CUDA_MATMUL_H
#define PLIMSOLL_CUDA_MATMUL_H

#include "../../rules/MatmulSizes.h"
#include "plimsoll/Kernel.h"

namespace plimsoll::cuda {

/// Returns the most workspace that a product may use, in bytes: that of its result, at most 4 MiB.
/// Most algorithms without split-K need none.
inline int64_t matmulWorkspace(const LaunchShape &shape) {
  constexpr int64_t most = int64_t(4) << 20, unit = 256;
  MatmulSizes s(shape.sizes);
  int64_t result = (s.batch * s.m * s.n * 4 + unit - 1) / unit * unit;
  return result < unit ? unit : result > most ? most : result;
}

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_MATMUL_H
