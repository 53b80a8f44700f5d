//===- Sums.h - sums and other reductions over threads ----------------------===//
//
// Values are combined in fixed trees: the bits depend on the number of threads alone. All threads
// that a function names must call it, and all get the result unless it says otherwise.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CUDA_SUMS_H
#define PLIMSOLL_CUDA_SUMS_H

#include "plimsoll/Inline.h"
#include "plimsoll/cuda/Simt.h"

namespace plimsoll::cuda {

/// Returns the mask of the segment of `width` lanes, a power of two, that holds this lane.
template <int width> __device__ __forceinline__ unsigned laneMask() {
  if constexpr (width == 32)
    return 0xffffffffu;
  else
    return ((1u << width) - 1) << (threadIdx.x % 32 / width * width);
}

/// Returns combine(combine(lane 0, lane 1), combine(lane 2, lane 3)) ... over `width` neighbouring
/// lanes.
template <int width, typename T, typename Combine>
__device__ __forceinline__ T combineLanes(T value, Combine combine) {
  PLIMSOLL_UNROLL
  for (int step = 1; step < width; step *= 2) {
    T other = __shfl_xor_sync(laneMask<width>(), value, step);
    value = threadIdx.x & step ? combine(other, value) : combine(value, other);
  }
  return value;
}

/// As combineLanes, over a block of `threads` threads in one dimension.
template <int threads, typename T, typename Combine>
__device__ __forceinline__ T combineBlock(T value, Combine combine) {
  constexpr int warps = threads / 32;
  static_assert(warps * 32 == threads && (warps & (warps - 1)) == 0);
  PLIMSOLL_SHARED(T, parts, warps);
  value = combineLanes<32>(value, combine);
  if (threadIdx.x % 32 == 0)
    parts[threadIdx.x / 32] = value;
  __syncthreads();
  value = combineLanes<warps>(parts[threadIdx.x % warps], combine);
  __syncthreads(); // `parts` may be written again
  return value;
}

struct Add {
  template <typename T> __device__ T operator()(T a, T b) const { return a + b; }
};
struct Larger {
  template <typename T> __device__ T operator()(T a, T b) const { return b > a ? b : a; }
};
struct Multiply {
  template <typename T> __device__ T operator()(T a, T b) const { return a * b; }
};
struct Smaller {
  template <typename T> __device__ T operator()(T a, T b) const { return b < a ? b : a; }
};

/// Returns ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)) over eight neighbouring lanes.
__device__ __forceinline__ double sumOfEight(double value) {
  return combineLanes<8>(value, Add());
}

/// Returns the sum over a block of 256 threads.
__device__ __forceinline__ double sumOfBlock(double value) {
  return combineBlock<256>(value, Add());
}

/// Returns, in lane 0, the sum of `column`: thread `lane * columns + column` has a part of it.
template <int columns, int lanes> __device__ __forceinline__ double sumOfLanes(double value) {
  PLIMSOLL_SHARED(double, parts, columns *lanes);
  parts[threadIdx.x] = value;
  __syncthreads();
  PLIMSOLL_UNROLL
  for (int step = 1; step < lanes; step *= 2) {
    bool adds = threadIdx.x / columns % (2 * step) == 0;
    if (adds)
      value += parts[threadIdx.x + step * columns];
    __syncthreads();
    if (adds)
      parts[threadIdx.x] = value;
    __syncthreads();
  }
  return value;
}

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_SUMS_H
