//===- Gradients.cu - gradients between backward pass and update -------------===//
//
// cpu/Gradients.cpp documents buffers, sizes and scalars. Workspaces: sum_squares f64
// [partsOf(count)] (Total.h), clip_by_norm f64 [1]. At most 32 registers: 8 blocks of 256 threads
// per multiprocessor.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "Total.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Program.h"

namespace plimsoll::cuda {
namespace {

__global__ void __launch_bounds__(kRowThreads)
    addGradient(float *sum, const float *gradient, const float *hyper, int64_t count) {
  const int64_t i = 4 * (int64_t(blockIdx.x) * kRowThreads + threadIdx.x);
  const bool first = hyper[kFirstMicroBatch] != 0.0f;
  if (i + 4 > count) {
    for (int64_t k = i; k < count; ++k)
      sum[k] = first ? gradient[k] : sum[k] + gradient[k];
    return;
  }
  Four<float> four = loadFour(gradient + i);
  if (!first) {
    const Four<float> old = loadFour(sum + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < 4; ++k)
      four.at[k] = old.at[k] + four.at[k];
  }
  storeFour(sum + i, four);
}

template <typename T>
__global__ void __launch_bounds__(kRowThreads)
    keepPart(T *all, const T *part, const float *hyper, int64_t batches, int64_t count) {
  const int64_t i = int64_t(blockIdx.x) * kRowThreads + threadIdx.x;
  const float batch = hyper[kMicroBatch];
  if (i < count && batch >= 0.0f && batch < static_cast<float>(batches))
    all[static_cast<int64_t>(batch) * count + i] = part[i];
}

struct Square {
  const float *x;
  __device__ double operator()(int64_t i) const { return double(x[i]) * double(x[i]); }
};

constexpr int kPointers = 128;

/// Pointers to numbers, as many as fit into a kernel's parameters.
struct Pointers {
  const double *at[kPointers];
};

/// Adds `count` numbers to `sum`, first to last. `begin`: starts from 0 instead of `sum`.
__global__ void __launch_bounds__(kPointers)
    addNumbers(Pointers numbers, int count, double *sum, bool begin) {
  PLIMSOLL_SHARED(double, values, kPointers);
  const int i = static_cast<int>(threadIdx.x);
  if (i < count)
    values[i] = *numbers.at[i];
  __syncthreads();
  if (i > 0)
    return;
  double result = begin ? 0.0 : *sum;
  for (int k = 0; k < count; ++k)
    result += values[k];
  *sum = result;
}

__global__ void makeScale(const double *sum, double most, float *scale, float *norm) {
  const double length = ::sqrt(*sum), factor = most / (length + 1e-6);
  *scale = static_cast<float>(factor > 1.0 ? 1.0 : factor);
  *norm = static_cast<float>(length);
}

void runAccumulate(const Launch &launch) {
  int64_t count = launch.sizes[0];
  cuda::launch(streamOf(launch), blocksFor(count, 4 * kRowThreads), kRowThreads, addGradient,
               launch.buffer<float>(0), launch.buffer<float>(1), launch.buffer<float>(2), count);
}

void runKeepMicroBatch(const Launch &launch) {
  int64_t batches = launch.sizes[0], count = launch.sizes[1];
  withElements(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    cuda::launch(streamOf(launch), blocksFor(count, kRowThreads), kRowThreads, keepPart<T>,
                 launch.buffer<T>(0), launch.buffer<T>(1), launch.buffer<float>(2), batches, count);
  });
}

int64_t sumSquaresWorkspace(const LaunchShape &shape) {
  return partsOf(shape.sizes[0]) * int64_t(sizeof(double));
}

void runSumSquares(const Launch &launch) {
  total(streamOf(launch), launch.sizes[0], launch.buffer<double>(2),
        Square{launch.buffer<float>(0)}, Store<double>{launch.buffer<double>(1), 1.0});
}

int64_t clipWorkspace(const LaunchShape &) {
  return sizeof(double);
}

void runClipByNorm(const Launch &launch) {
  int count = static_cast<int>(launch.sizes[0]);
  double *sum = launch.buffer<double>(count + 2);
  for (int first = 0; first == 0 || first < count; first += kPointers) {
    int size = count - first < kPointers ? count - first : kPointers;
    Pointers numbers = {};
    for (int i = 0; i < size; ++i)
      numbers.at[i] = launch.buffer<double>(first + i);
    cuda::launch(streamOf(launch), 1, kPointers, addNumbers, numbers, size, sum, first == 0);
  }
  cuda::launch(streamOf(launch), 1, 1, makeScale, sum, launch.scalars[0],
               launch.buffer<float>(count), launch.buffer<float>(count + 1));
}

} // namespace

const KernelOf<AccumulateArguments> accumulate = {"accumulate", runAccumulate};
const KernelOf<KeepMicroBatchArguments> keep_micro_batch = {"keep_micro_batch", runKeepMicroBatch};
const KernelOf<SumSquaresArguments> sum_squares = {"sum_squares", runSumSquares,
                                                   sumSquaresWorkspace};
const KernelOf<ClipByNormArguments> clip_by_norm = {"clip_by_norm", runClipByNorm, clipWorkspace};

} // namespace plimsoll::cuda
