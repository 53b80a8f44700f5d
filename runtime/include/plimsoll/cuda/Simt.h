//===- Simt.h - the interface that CUDA kernels use -------------------------===//
//
// Kernels include this header and none of CUDA's, so that the same source is compiled by nvcc
// for a GPU, and by the host compiler for the emulator, which finds faults that a GPU does
// not report (devices/emulator/Device.h). Besides CUDA's names (threadIdx, dim3,
// __syncthreads, __shfl_xor_sync, float4, ...) there are:
//
//   PLIMSOLL_SHARED(type, name, count)   an array of the block, 16-byte aligned, content
//                                        undefined at the block's start
//   loadVector<float4>(p), storeVector   16 bytes at a time; p must be aligned to them
//   launch(stream, grid, block, kernel, arguments...)
//
// There are no atomics on floats: the hardware would choose their order, and so the bits.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CUDA_SIMT_H
#define PLIMSOLL_CUDA_SIMT_H

#include <cstdint>

#ifdef __CUDACC__
#include <cuda_runtime.h>

#define PLIMSOLL_SHARED(type, name, count) __shared__ __align__(16) type name[count]

namespace plimsoll::cuda {
using Stream = cudaStream_t;

/// Reports a failed launch; never returns. Defined by the runtime.
[[noreturn]] void launchFailed(cudaError_t error);

__device__ __forceinline__ void checkVector(const void *, int) {}

/// Runs `kernel` on every thread of `grid` blocks; does nothing if there are no blocks.
template <typename... Parameters, typename... Arguments>
void launch(Stream stream, dim3 grid, dim3 block, void (*kernel)(Parameters...),
            Arguments... arguments) {
  if (grid.x == 0 || grid.y == 0 || grid.z == 0)
    return;
  kernel<<<grid, block, 0, stream>>>(static_cast<Parameters>(arguments)...);
  if (cudaError_t error = cudaGetLastError(); error != cudaSuccess)
    launchFailed(error);
}
} // namespace plimsoll::cuda

#else
#include "plimsoll/cuda/Emulator.h"

#define PLIMSOLL_SHARED(type, name, count)                                                         \
  static ::plimsoll::emulator::SharedArray name##_array = {#name, sizeof(type), count};            \
  type *const name = static_cast<type *>(::plimsoll::emulator::sharedArray(name##_array))

namespace plimsoll::cuda {
using Stream = void *;

inline void checkVector(const void *address, int bytes) {
  emulator::checkAlignment(address, bytes);
}

template <typename... Parameters, typename... Arguments>
void launch(Stream, dim3 grid, dim3 block, void (*kernel)(Parameters...), Arguments... arguments) {
  auto thread = [&] { kernel(static_cast<Parameters>(arguments)...); };
  emulator::runGrid(
      grid, block, [](void *context) { (*static_cast<decltype(thread) *>(context))(); }, &thread);
}
} // namespace plimsoll::cuda
#endif

namespace plimsoll::cuda {

/// Reads a float4 (int4, double2) that begins at `address`.
template <typename Vector, typename T>
__device__ __forceinline__ Vector loadVector(const T *address) {
  checkVector(address, sizeof(Vector));
  return *reinterpret_cast<const Vector *>(address);
}

template <typename Vector, typename T>
__device__ __forceinline__ void storeVector(T *address, Vector value) {
  checkVector(address, sizeof(Vector));
  *reinterpret_cast<Vector *>(address) = value;
}

/// Returns the number of blocks of `size` threads for `count` threads.
__host__ __device__ constexpr int64_t blocksFor(int64_t count, int64_t size) {
  return (count + size - 1) / size;
}

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_SIMT_H
