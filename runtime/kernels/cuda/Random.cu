//===- Random.cu - dropout and random tensors, from a counter ----------------===//
//
// cpu/Random.cpp documents buffers and sizes; the words are the same, and so are the masks. A
// thread draws one block of four words: four elements, or two of random f64. At most 40 registers:
// 6 blocks of 256 threads per multiprocessor.
//===----------------------------------------------------------------------===//
#include "../../rules/Draws.h"
#include "Rows.h"
#include "plimsoll/CudaKernels.h"

namespace plimsoll::cuda {
namespace {

/// Calls body(the thread's words, its first element, its number of elements); `each` elements per
/// thread.
template <int each, typename Body>
__device__ __forceinline__ void withWords(const float *hyper, int64_t stream, int64_t count,
                                          Body body) {
  const int64_t block = int64_t(blockIdx.x) * kRowThreads + threadIdx.x, first = block * each;
  if (first >= count)
    return;
  auto four = Draws(hyper, stream).block(static_cast<uint64_t>(block));
  const uint32_t words[4] = {four[0], four[1], four[2], four[3]};
  body(words, first, count - first < each ? static_cast<int>(count - first) : each);
}

template <typename T>
__global__ void __launch_bounds__(kRowThreads)
    drop(const T *x, const float *hyper, T *y, int64_t count, int64_t stream, float p, T scale) {
  withWords<4>(hyper, stream, count, [&](const uint32_t *words, int64_t first, int elements) {
    auto kept = [&](T value, int k) {
      T scaled = value * scale;
      return unit(words[k]) >= p ? scaled : T(0);
    };
    if (elements < 4) {
      for (int k = 0; k < elements; ++k)
        y[first + k] = kept(x[first + k], k);
      return;
    }
    Four<T> four = loadFour(x + first);
    PLIMSOLL_UNROLL
    for (int k = 0; k < 4; ++k)
      four.at[k] = kept(four.at[k], k);
    storeFour(y + first, four);
  });
}

template <typename T>
__global__ void __launch_bounds__(kRowThreads)
    draw(const float *hyper, T *y, int64_t count, int64_t stream, bool isNormal) {
  constexpr int each = 16 / sizeof(T);
  withWords<each>(hyper, stream, count, [&](const uint32_t *words, int64_t first, int elements) {
    PLIMSOLL_UNROLL
    for (int k = 0; k < each; ++k)
      if (k < elements)
        y[first + k] = isNormal ? normal<T>(words, k) : uniform<T>(words, k);
  });
}

void runDropout(const Launch &launch) {
  int64_t count = launch.sizes[0];
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    cuda::launch(streamOf(launch), blocksFor(count, 4 * kRowThreads), kRowThreads, drop<T>,
                 launch.buffer<T>(0), launch.buffer<float>(1), launch.buffer<T>(2), count,
                 launch.sizes[1], launch.scalars[0],
                 T(1) / static_cast<T>(1.0 - launch.scalars[0]));
  });
}

void runRandom(const Launch &launch) {
  int64_t count = launch.sizes[0];
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    cuda::launch(streamOf(launch), blocksFor(count, 16 / sizeof(T) * kRowThreads), kRowThreads,
                 draw<T>, launch.buffer<float>(0), launch.buffer<T>(1), count, launch.sizes[1],
                 launch.sizes[2] != 0);
  });
}

} // namespace

const KernelOf<DropoutArguments> dropout = {"dropout", runDropout};
const KernelOf<RandomNumbersArguments> random_numbers = {"random_numbers", runRandom};

} // namespace plimsoll::cuda
