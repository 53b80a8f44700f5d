//===- GatherElements.cu - one index for each element -------------------------===//
//
// cpu/GatherElements.cpp documents buffers and sizes. scatter_elements: a thread owns one line
// along the axis and applies its updates in order. At most 64 registers: 4 blocks of 256 threads
// per multiprocessor.
//===----------------------------------------------------------------------===//
#include "../../rules/ElementRules.h"
#include "../../rules/Elements.h"
#include "Rows.h"
#include "plimsoll/CudaKernels.h"

#include <cstring>

namespace plimsoll::cuda {
namespace {

struct AxisSizes {
  int64_t outer, axisDim, inner, count;
};

template <typename T>
__global__ void __launch_bounds__(kRowThreads, 4)
    gatherEach(AxisSizes s, const T *x, const int64_t *indices, T *y, T outside) {
  const int64_t i = int64_t(blockIdx.x) * kRowThreads + threadIdx.x;
  if (i >= s.outer * s.count * s.inner)
    return;
  int64_t index = indices[i];
  index += index < 0 ? s.axisDim : 0;
  const int64_t slice = i / (s.count * s.inner);
  y[i] = index >= 0 && index < s.axisDim ? x[(slice * s.axisDim + index) * s.inner + i % s.inner]
                                         : outside;
}

template <typename T>
__global__ void __launch_bounds__(kRowThreads, 4)
    scatterLines(AxisSizes s, const T *x, const int64_t *indices, const T *updates, T *y,
                 int64_t update) {
  const int64_t line = int64_t(blockIdx.x) * kRowThreads + threadIdx.x;
  if (line >= s.outer * s.inner)
    return;
  const int64_t slice = line / s.inner, place = line % s.inner;
  y += slice * s.axisDim * s.inner + place, x += slice * s.axisDim * s.inner + place;
  if (x != y)
    for (int64_t a = 0; a < s.axisDim; ++a)
      y[a * s.inner] = x[a * s.inner];
  for (int64_t j = 0; j < s.count; ++j) {
    const int64_t at = (slice * s.count + j) * s.inner + place;
    const int64_t index = indices[at] + (indices[at] < 0 ? s.axisDim : 0);
    if (index >= 0 && index < s.axisDim)
      y[index * s.inner] = updated(y[index * s.inner], updates[at], update);
  }
}

void runGather(const Launch &launch) {
  AxisSizes s = {launch.sizes[0], launch.sizes[1], launch.sizes[2], launch.sizes[3]};
  withElements(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    T outside;
    std::memset(&outside, 0xff, sizeof outside);
    cuda::launch(streamOf(launch), blocksFor(s.outer * s.count * s.inner, kRowThreads), kRowThreads,
                 gatherEach<T>, s, launch.buffer<T>(0), launch.buffer<int64_t>(1),
                 launch.buffer<T>(2), outside);
  });
}

void runScatter(const Launch &launch) {
  AxisSizes s = {launch.sizes[0], launch.sizes[1], launch.sizes[2], launch.sizes[3]};
  withElements(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    cuda::launch(streamOf(launch), blocksFor(s.outer * s.inner, kRowThreads), kRowThreads,
                 scatterLines<T>, s, launch.buffer<T>(0), launch.buffer<int64_t>(1),
                 launch.buffer<T>(2), launch.buffer<T>(3), launch.sizes[4]);
  });
}

} // namespace

const KernelOf<GatherElementsArguments> gather_elements = {"gather_elements", runGather};
const KernelOf<ScatterElementsArguments> scatter_elements = {"scatter_elements", runScatter};

} // namespace plimsoll::cuda
