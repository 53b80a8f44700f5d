//===- Gather.cu - rows picked by index, and their gradient ------------------===//
//
// Buffers and sizes: kernels/Gather.cpp. gather_grad has the workspace
//   int32 keys[count], sorted[count], order[count]   the row of each index (axisDim: none),
//                                                    these sorted, and whose they are
//
// gather: a row is 8 lanes', a warp's or a block's, by its length.
// gather_grad: the table is zeroed; the place of each index in the sorted order is counted (those
// that are smaller, or equal and before it: n^2 compares of int32 from shared memory); the first
// index of each row adds up the row's segment in the order of the indices, as the CPU does. No
// atomics. At most 64 registers for f32, so 4 blocks of 256 threads a multiprocessor, 128 for f64.
//===----------------------------------------------------------------------===//
#include "../../../kernels/Elements.h"
#include "../Rows.h"
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

/// Index i goes to its place among all.
__global__ void __launch_bounds__(kRowThreads)
    sortKeys(const int *keys, int *sorted, int *order, int count) {
  PLIMSOLL_SHARED(int, tile, kRowThreads);
  const int own = static_cast<int>(blockIdx.x * kRowThreads + threadIdx.x);
  const int key = own < count ? keys[own] : 0;
  int place = 0;
  for (int first = 0; first < count; first += kRowThreads) {
    const int size = count - first < kRowThreads ? count - first : kRowThreads;
    __syncthreads();
    if (static_cast<int>(threadIdx.x) < size)
      tile[threadIdx.x] = keys[first + threadIdx.x];
    __syncthreads();
    for (int j = 0; j < size; ++j)
      place += tile[j] < key || (tile[j] == key && first + j < own);
  }
  if (own < count) {
    sorted[place] = key;
    order[place] = own;
  }
}

/// Where the keys equal to that of place `begin` end.
__device__ int64_t segmentEnd(const int *sorted, int64_t begin, int64_t count) {
  int64_t inside = begin, outside = count;
  while (outside - inside > 1) {
    int64_t middle = (inside + outside) / 2;
    (sorted[middle] == sorted[begin] ? inside : outside) = middle;
  }
  return outside;
}

/// The segment that begins at place Shape::row() of the order, if one does.
template <typename Shape, typename T>
__global__ void __launch_bounds__(kRowThreads, 2)
    addSegments(const T *dy, const int *sorted, const int *order, T *dtable, int64_t outer,
                int64_t axisDim, int64_t inner, int64_t count) {
  const int64_t row = Shape::row();
  if (row >= outer * count)
    return;
  const int64_t slice = row / count, begin = row % count;
  const int key = sorted[begin];
  if (key == axisDim || (begin > 0 && sorted[begin - 1] == key))
    return;
  const int64_t end = segmentEnd(sorted, begin, count);
  dy += slice * count * inner, dtable += (slice * axisDim + key) * inner;
  Shape::forEach(inner, [&](int64_t i) {
    auto sum = Shape::load(dy + order[begin] * inner + i);
    for (int64_t at = begin + 1; at < end; ++at) {
      auto next = Shape::load(dy + order[at] * inner + i);
      PLIMSOLL_UNROLL
      for (int k = 0; k < Shape::width; ++k)
        sum.at[k] += next.at[k];
    }
    Shape::store(dtable + i, sum);
  });
}

void runGather(const Launch &launch) {
  int64_t outer = launch.sizes[0], axisDim = launch.sizes[1], inner = launch.sizes[2];
  int64_t count = launch.sizes[3];
  int64_t type = launch.sizeCount > 4 ? launch.sizes[4] : int64_t(ElementType::f32);
  withElements(type, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    withRowShape(inner, [&](auto shape) {
      using Shape = decltype(shape);
      cuda::launch(streamOf(launch), rowBlocks<Shape>(outer * count), kRowThreads,
                   gatherRows<Shape, T>, launch.buffer<T>(0), launch.buffer<int64_t>(1),
                   launch.buffer<T>(2), std::numeric_limits<T>::quiet_NaN(), outer, axisDim, inner,
                   count);
    });
  });
}

int64_t gradWorkspace(const int64_t *sizes, int, int) {
  return sizes[3] * 3 * int64_t(sizeof(int));
}

void runGrad(const Launch &launch) {
  int64_t outer = launch.sizes[0], axisDim = launch.sizes[1], inner = launch.sizes[2];
  int64_t count = launch.sizes[3], size = outer * axisDim * inner;
  Stream stream = streamOf(launch);
  withFloats(launch, 4, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    T *dtable = launch.buffer<T>(2);
    cuda::launch(stream, blocksFor(size, 4 * kRowThreads), kRowThreads, zero<T>, dtable, size);
    if (count == 0)
      return;
    int *keys = launch.buffer<int>(3), *sorted = keys + count, *order = sorted + count;
    int64_t blocks = blocksFor(count, kRowThreads);
    cuda::launch(stream, blocks, kRowThreads, makeKeys, launch.buffer<int64_t>(1), keys, axisDim,
                 count);
    cuda::launch(stream, blocks, kRowThreads, sortKeys, keys, sorted, order, count);
    withRowShape(inner, [&](auto shape) {
      using Shape = decltype(shape);
      cuda::launch(stream, rowBlocks<Shape>(outer * count), kRowThreads, addSegments<Shape, T>,
                   launch.buffer<T>(0), sorted, order, dtable, outer, axisDim, inner, count);
    });
  });
}

} // namespace

const Kernel gather = {"gather", runGather};
const Kernel gather_grad = {"gather_grad", runGrad, gradWorkspace};

} // namespace plimsoll::cuda
