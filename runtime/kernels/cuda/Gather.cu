//===- Gather.cu - rows picked by index, and their gradient ------------------===//
//
// cpu/Gather.cpp documents buffers and sizes. gather_grad has the workspace
//   int32 keys[count]    the row of each index (axisDim: none)
//   int32 space[]        radix::spaceOf(count, axisDim)
// and so has gather_grad_rows.
//
// gather: 8 lanes, a warp or a block copy a row, depending on its length.
// gather_grad: the table is zeroed; the keys are sorted, equal ones in the order of the indices
// (RadixSort.h); the threads at the first place of each row add up the row's segment in that order,
// as the CPU does, four columns each, loading eight rows ahead. gather_grad_rows does the same,
// but keeps each sum at the place itself. At most 128 registers: 2 blocks of
// 256 threads per multiprocessor.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "RadixSort.h"
#include "Rows.h"
#include "plimsoll/CudaKernels.h"

namespace plimsoll::cuda {
namespace {

template <typename Shape, typename T>
__global__ void __launch_bounds__(kRowThreads)
    gatherRows(const T *table, const int64_t *indices, T *out, T outside, int64_t outer,
               int64_t axisDim, int64_t inner, int64_t count) {
  const int64_t row = Shape::row();
  if (row >= outer * count)
    return;
  int64_t index = indices[row % count];
  index += index < 0 ? axisDim : 0;
  const bool inside = index >= 0 && index < axisDim;
  table += (row / count * axisDim + index) * inner, out += row * inner;
  Shape::forEach(inner, [&](int64_t i) {
    Part<Shape::width, T> part;
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k)
      part.at[k] = outside;
    if (inside)
      part = Shape::load(table + i);
    Shape::store(out + i, part);
  });
}

template <typename T>
__global__ void __launch_bounds__(kRowThreads) zero(T *values, int64_t count) {
  const int64_t i = 4 * (int64_t(blockIdx.x) * kRowThreads + threadIdx.x);
  if (i + 4 <= count)
    storeFour(values + i, Four<T>{});
  else
    for (int64_t k = i; k < count; ++k)
      values[k] = T(0);
}

__global__ void __launch_bounds__(kRowThreads)
    makeKeys(const int64_t *indices, int *keys, int64_t axisDim, int64_t count) {
  const int64_t i = int64_t(blockIdx.x) * kRowThreads + threadIdx.x;
  if (i >= count)
    return;
  const int64_t row = indices[i] + (indices[i] < 0 ? axisDim : 0);
  keys[i] = static_cast<int>(row >= 0 && row < axisDim ? row : axisDim);
}

/// Returns the end of the places whose keys are equal to that of place `begin`.
__device__ int64_t segmentEnd(const int *sorted, int64_t begin, int64_t count) {
  int64_t inside = begin, outside = count;
  while (outside - inside > 1) {
    int64_t middle = (inside + outside) / 2;
    (sorted[middle] == sorted[begin] ? inside : outside) = middle;
  }
  return outside;
}

/// Returns the sum of rows of `dy` from place `begin` of the order to `end`; `dy` points to the
/// thread's columns.
template <typename Shape, typename T>
__device__ __forceinline__ Part<Shape::width, T>
sumOfSegment(const T *dy, const radix::Pairs &sorted, int64_t inner, int64_t begin, int64_t end) {
  constexpr int width = Shape::width, ahead = 8; // rows loaded at a time
  Part<width, T> sum = {};
  for (int64_t first = begin; first < end; first += ahead) {
    Part<width, T> next[ahead];
    PLIMSOLL_UNROLL
    for (int i = 0; i < ahead; ++i)
      if (first + i < end)
        next[i] = Shape::load(dy + sorted.order[first + i] * inner);
    PLIMSOLL_UNROLL
    for (int i = 0; i < ahead; ++i)
      if (first + i < end)
        PLIMSOLL_UNROLL
    for (int k = 0; k < width; ++k)
      sum.at[k] += next[i].at[k];
  }
  return sum;
}

/// Adds up the segment that begins at place Shape::row() of the order, if one begins there.
/// blockIdx.y selects the columns.
template <typename Shape, typename T>
__global__ void __launch_bounds__(kRowThreads, 2)
    addSegments(const T *dy, radix::Pairs sorted, T *dtable, int64_t outer, int64_t axisDim,
                int64_t inner, int64_t count) {
  const int64_t row = Shape::row();
  const int64_t column = (int64_t(blockIdx.y) * Shape::lanes + Shape::lane()) * Shape::width;
  if (row >= outer * count || column >= inner)
    return;
  const int64_t slice = row / count, begin = row % count;
  const int key = sorted.keys[begin];
  if (key == axisDim || (begin > 0 && sorted.keys[begin - 1] == key))
    return;
  const int64_t end = segmentEnd(sorted.keys, begin, count);
  const Part<Shape::width, T> sum =
      sumOfSegment<Shape>(dy + slice * count * inner + column, sorted, inner, begin, end);
  Shape::store(dtable + ((slice * axisDim + key) * inner + column), sum);
}

/// Writes what belongs to place Shape::row() of the order. blockIdx.y selects the columns.
template <typename Shape>
__global__ void __launch_bounds__(kRowThreads, 2)
    addRows(const float *dy, radix::Pairs sorted, int64_t *at, float *sums, int64_t rows,
            int64_t inner, int64_t count) {
  const int64_t place = Shape::row();
  const int64_t column = (int64_t(blockIdx.y) * Shape::lanes + Shape::lane()) * Shape::width;
  if (place >= count || column >= inner)
    return;
  const int key = sorted.keys[place];
  const bool isFirst = key < rows && (place == 0 || sorted.keys[place - 1] != key);
  const int64_t end = isFirst ? segmentEnd(sorted.keys, place, count) : place;
  if (column == 0)
    at[place] = isFirst ? key : rows;
  Shape::store(sums + place * inner + column,
               sumOfSegment<Shape>(dy + column, sorted, inner, place, end));
}

void runGather(const Launch &launch) {
  int64_t outer = launch.sizes[0], axisDim = launch.sizes[1], inner = launch.sizes[2];
  int64_t count = launch.sizes[3];
  withElements(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    withRowShape(inner, [&](auto shape) {
      using Shape = decltype(shape);
      launchRows<Shape>(launch, outer * count, gatherRows<Shape, T>, launch.buffer<T>(0),
                        launch.buffer<int64_t>(1), launch.buffer<T>(2),
                        std::numeric_limits<T>::quiet_NaN(), outer, axisDim, inner, count);
    });
  });
}

/// Returns the bytes in which `count` indices below `axisDim` are sorted.
int64_t sortingWorkspace(int64_t count, int64_t axisDim) {
  return count ? (count + radix::spaceOf(count, axisDim)) * int64_t(sizeof(int)) : 0;
}

/// Sorts indices with their places, in the workspace `keys`.
radix::Pairs sortIndices(Stream stream, const int64_t *indices, int64_t count, int64_t axisDim,
                         int *keys) {
  cuda::launch(stream, blocksFor(count, kRowThreads), kRowThreads, makeKeys, indices, keys, axisDim,
               count);
  return radix::sort(stream, keys, count, axisDim, keys + count);
}

int64_t gradWorkspace(const LaunchShape &shape) {
  return sortingWorkspace(shape.sizes[3], shape.sizes[1]);
}

void runGrad(const Launch &launch) {
  int64_t outer = launch.sizes[0], axisDim = launch.sizes[1], inner = launch.sizes[2];
  int64_t count = launch.sizes[3], size = outer * axisDim * inner;
  Stream stream = streamOf(launch);
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    T *dtable = launch.buffer<T>(2);
    cuda::launch(stream, blocksFor(size, 4 * kRowThreads), kRowThreads, zero<T>, dtable, size);
    if (count == 0)
      return;
    const radix::Pairs sorted =
        sortIndices(stream, launch.buffer<int64_t>(1), count, axisDim, launch.buffer<int>(3));
    withRowShape(inner, [&](auto shape) {
      using Shape = decltype(shape);
      dim3 grid(static_cast<unsigned>(rowBlocks<Shape>(outer * count)),
                static_cast<unsigned>(blocksFor(inner, Shape::lanes * Shape::width)));
      cuda::launch(stream, grid, kRowThreads, addSegments<Shape, T>, launch.buffer<T>(0), sorted,
                   dtable, outer, axisDim, inner, count);
    });
  });
}

int64_t gradRowsWorkspace(const LaunchShape &shape) {
  return sortingWorkspace(shape.sizes[2], shape.sizes[0]);
}

void runGradRows(const Launch &launch) {
  const int64_t rows = launch.sizes[0], inner = launch.sizes[1], count = launch.sizes[2];
  if (count == 0)
    return;
  Stream stream = streamOf(launch);
  const radix::Pairs sorted =
      sortIndices(stream, launch.buffer<int64_t>(1), count, rows, launch.buffer<int>(4));
  withRowShape(inner, [&](auto shape) {
    using Shape = decltype(shape);
    dim3 grid(static_cast<unsigned>(rowBlocks<Shape>(count)),
              static_cast<unsigned>(blocksFor(inner, Shape::lanes * Shape::width)));
    cuda::launch(stream, grid, kRowThreads, addRows<Shape>, launch.buffer<float>(0), sorted,
                 launch.buffer<int64_t>(2), launch.buffer<float>(3), rows, inner, count);
  });
}

} // namespace

const KernelOf<GatherArguments> gather = {"gather", runGather};
const KernelOf<GatherGradArguments> gather_grad = {"gather_grad", runGrad, gradWorkspace};
const KernelOf<GatherGradRowsArguments> gather_grad_rows = {"gather_grad_rows", runGradRows,
                                                            gradRowsWorkspace};

} // namespace plimsoll::cuda
