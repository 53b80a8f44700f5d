//===- Rotary.cu - rotary position embeddings ---------------------------------===//
//
// cpu/Rotary.cpp documents buffers and sizes. A thread has a pair of features, a block 256 pairs.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "../../rules/Rotation.h"
#include "plimsoll/CudaKernels.h"

namespace plimsoll::cuda {
namespace {

constexpr int kThreads = 256;

template <typename T>
__global__ void __launch_bounds__(kThreads)
    rotatePairs(RotaryRows rows, int64_t half, bool transposed, const T *x, const T *cos,
                const T *sin, T *y, int64_t count) {
  const int64_t pair = int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (pair >= count)
    return;
  const int64_t row = pair / half, i = pair % half;
  const int64_t first = row * 2 * half + i, table = rows.table(row) * 2 * half + i;
  const Pair<T> result = rotated<T>({x[first], x[first + half]}, {cos[table], cos[table + half]},
                                    {sin[table], sin[table + half]}, transposed);
  y[first] = result.first;
  y[first + half] = result.second;
}

void runRotary(const Launch &launch) {
  RotaryRows rows(launch.sizes);
  int64_t half = launch.sizes[3] / 2, count = rows.count() * half;
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    cuda::launch(streamOf(launch), static_cast<unsigned>(blocksFor(count, kThreads)), kThreads,
                 rotatePairs<T>, rows, half, launch.sizes[7] != 0, launch.buffer<T>(0),
                 launch.buffer<T>(1), launch.buffer<T>(2), launch.buffer<T>(3), count);
  });
}

} // namespace

const KernelOf<RotaryArguments> rotary = {"rotary", runRotary};

} // namespace plimsoll::cuda
