//===- Rows.h - rows divided among warps and blocks -------------------------===//
//
// A row is processed by `lanes` threads of a block of 256, each of which takes `width` neighbouring
// elements at a time. A kernel whose threads visit only their own elements may overwrite its input.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CUDA_ROWS_H
#define PLIMSOLL_CUDA_ROWS_H

#include "../../rules/Elements.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/cuda/Four.h"
#include "plimsoll/cuda/Sums.h"

namespace plimsoll::cuda {

inline constexpr int kRowThreads = 256;

/// The type of the accumulator of `T` when lanes exchange it.
template <typename T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, unsigned long long>;

/// `width` neighbouring elements, 1 or 4.
template <int width, typename T> struct Part {
  T at[width];
};

template <int lanes_, int width_> struct RowShape {
  static constexpr int lanes = lanes_, width = width_, rows = kRowThreads / lanes;

  /// The thread's row, and the thread's number among those of the row.
  static __device__ int64_t row() { return int64_t(blockIdx.x) * rows + threadIdx.x / lanes; }
  static __device__ int lane() { return static_cast<int>(threadIdx.x) % lanes; }

  /// Calls body(i) for the first of every `width` elements that this thread processes.
  template <typename Body> static __device__ __forceinline__ void forEach(int64_t cols, Body body) {
    for (int64_t i = lane() * width; i < cols; i += lanes * width)
      body(i);
  }

  template <typename T> static __device__ __forceinline__ Part<width, T> load(const T *address) {
    Part<width, T> part;
    if constexpr (width == 4) {
      Four<T> four = loadFour(address);
      PLIMSOLL_UNROLL
      for (int k = 0; k < 4; ++k)
        part.at[k] = four.at[k];
    } else {
      part.at[0] = *address;
    }
    return part;
  }

  template <typename T>
  static __device__ __forceinline__ void store(T *address, const Part<width, T> &part) {
    if constexpr (width == 4)
      storeFour(address, Four<T>{{part.at[0], part.at[1], part.at[2], part.at[3]}});
    else
      *address = part.at[0];
  }

  /// A barrier of the row's threads: after it they see what each other wrote.
  static __device__ __forceinline__ void synchronize() {
    if constexpr (lanes <= 32)
      __syncwarp(laneMask<lanes>());
    else
      __syncthreads();
  }

  /// Combines the values of the row's threads in a tree that depends on `lanes` alone. All of them
  /// get the result.
  template <typename T, typename Combine>
  static __device__ __forceinline__ T combine(T value, Combine with) {
    if constexpr (lanes <= 32)
      return combineLanes<lanes>(value, with);
    else
      return combineBlock<lanes>(value, with);
  }
};

/// Calls run(RowShape) with the shape that suits rows of `cols` elements.
template <typename Run> void withRowShape(int64_t cols, Run run) {
  bool four = cols % 4 == 0;
  if (cols <= 64)
    return four ? run(RowShape<8, 4>()) : run(RowShape<8, 1>());
  if (cols <= 1024)
    return four ? run(RowShape<32, 4>()) : run(RowShape<32, 1>());
  four ? run(RowShape<256, 4>()) : run(RowShape<256, 1>());
}

/// Calls run(null pointer to the element type, RowShape).
template <typename Run> void withTypeAndShape(const Launch &launch, int64_t cols, Run run) {
  withElements(launch,
               [&](auto *tag) { withRowShape(cols, [&](auto shape) { run(tag, shape); }); });
}

template <typename Shape> int64_t rowBlocks(int64_t rows) {
  return blocksFor(rows, Shape::rows);
}

/// Launches `kernel` with the threads for `rows` rows.
template <typename Shape, typename... Parameters, typename... Arguments>
void launchRows(const Launch &of, int64_t rows, void (*kernel)(Parameters...),
                Arguments... arguments) {
  cuda::launch(streamOf(of), rowBlocks<Shape>(rows), kRowThreads, kernel, arguments...);
}

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_ROWS_H
