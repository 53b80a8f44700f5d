//===- Pool.cu - maximum and mean over windows, and their gradients ----------===//
//
// cpu/Pool.cpp documents buffers and sizes. A thread owns an element of the result, a block
// 256. Gradients gather: an element visits the windows that hold it, in their order, so that the
// bits are the CPU's. A mean over 64 elements or more is computed by a warp, whose lanes
// divide the window and add up in f64 as a tree. At most 72 registers: 3 blocks per
// multiprocessor; 64 registers without the gradients.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "../../rules/PoolRules.h"
#include "Unflatten.h"
#include "plimsoll/CudaKernels.h"

namespace plimsoll::cuda {
namespace {

constexpr int kThreads = 256, kWarpTaps = 64;
using Window32 = BasicWindow<int>;
using Taps32 = BasicTaps<int>;

/// The element that a thread owns: plane and position in it.
struct Own {
  int64_t plane;
  int index, at[3];

  __device__ Own(int64_t i, int perPlane, const int *sizes)
      : plane(i / perPlane), index(static_cast<int>(i % perPlane)) {
    unflatten(index, sizes, at);
  }
};

__device__ __forceinline__ int64_t ownIndex() {
  return int64_t(blockIdx.x) * kThreads + threadIdx.x;
}

template <typename T>
__global__ void __launch_bounds__(kThreads) largest(Window32 w, const T *x, T *y, int64_t count) {
  const int64_t i = ownIndex();
  if (i >= count)
    return;
  const Own own(i, w.outputs(), w.out);
  x += own.plane * w.elements();
  const int best = firstLargest(w, own.at, Taps32(w, own.at), x);
  y[i] = best < 0 ? lowest<T>() : x[best];
}

template <typename T>
__global__ void __launch_bounds__(kThreads)
    indexOfLargest(Window32 w, bool columnMajor, const T *x, int64_t *indices, int64_t count) {
  const int64_t i = ownIndex();
  if (i >= count)
    return;
  const Own own(i, w.outputs(), w.out);
  const int64_t first = own.plane * w.elements();
  int best = firstLargest(w, own.at, Taps32(w, own.at), x + first);
  best = columnMajor ? inColumnMajor(w, best) : best;
  indices[i] = best < 0 ? -1 : first + best;
}

template <typename T>
PLIMSOLL_INLINE T gradOfLargest(const Window32 &w, const int *at, int index, const T *dy,
                                const T *x) {
  T sum = 0;
  forEachWindowAround(w, at, [&](const int *output, int window, const int *) {
    if (firstLargest(w, output, Taps32(w, output), x) == index)
      sum += dy[window];
  });
  return sum;
}

template <typename T>
__global__ void __launch_bounds__(kThreads, 4)
    largestGrad(Window32 w, const T *dy, const T *x, T *dx, int64_t count) {
  const int64_t i = ownIndex();
  if (i >= count)
    return;
  const Own own(i, w.elements(), w.size);
  dx[i] = gradOfLargest(w, own.at, own.index, dy + own.plane * w.outputs(),
                        x + own.plane * w.elements());
}

template <typename T>
PLIMSOLL_INLINE double sumOfWindow(const Window32 &w, const int *output, const Taps32 &taps,
                                   const T *x) {
  double sum = 0;
  taps.forEach(w, output, [&](int i, int) { sum += double(x[i]); });
  return sum;
}

template <typename T>
__global__ void __launch_bounds__(kThreads)
    mean(Window32 w, Divisor<int> divisor, const T *x, T *y, int64_t count) {
  const int64_t i = ownIndex();
  if (i >= count)
    return;
  const Own own(i, w.outputs(), w.out);
  const Taps32 taps(w, own.at);
  y[i] = static_cast<T>(sumOfWindow(w, own.at, taps, x + own.plane * w.elements()) /
                        divisor(w, own.at, taps));
}

template <typename T>
__global__ void __launch_bounds__(kThreads)
    meanOfLarge(Window32 w, Divisor<int> divisor, const T *x, T *y, int64_t count) {
  const int64_t i = ownIndex() / 32;
  const int lane = int(threadIdx.x) % 32;
  if (i >= count)
    return;
  const Own own(i, w.outputs(), w.out);
  const Taps32 taps(w, own.at);
  x += own.plane * w.elements();
  int extent[3], all = 1;
  PLIMSOLL_UNROLL
  for (int d = 0; d < 3; ++d) {
    extent[d] = taps.last[d] > taps.first[d] ? taps.last[d] - taps.first[d] : 0;
    all *= extent[d];
  }
  double sum = 0;
  for (int tap = lane; tap < all; tap += 32) {
    int at[3];
    unflatten(tap, extent, at);
    PLIMSOLL_UNROLL
    for (int d = 0; d < 3; ++d)
      at[d] = w.at(d, own.at[d], taps.first[d] + at[d]);
    sum += double(x[(at[0] * w.size[1] + at[1]) * w.size[2] + at[2]]);
  }
  sum = combineLanes<32>(sum, Add());
  if (lane == 0)
    y[i] = static_cast<T>(sum / divisor(w, own.at, taps));
}

template <typename T>
PLIMSOLL_INLINE T gradOfMeans(const Window32 &w, const Divisor<int> &divisor, const int *at,
                              const T *dy) {
  T sum = 0;
  forEachWindowAround(w, at, [&](const int *output, int window, const int *) {
    sum += static_cast<T>(double(dy[window]) / divisor(w, output, Taps32(w, output)));
  });
  return sum;
}

template <typename T>
__global__ void __launch_bounds__(kThreads)
    meanGrad(Window32 w, Divisor<int> divisor, const T *dy, T *dx, int64_t count) {
  const int64_t i = ownIndex();
  if (i >= count)
    return;
  const Own own(i, w.elements(), w.size);
  dx[i] = gradOfMeans(w, divisor, own.at, dy + own.plane * w.outputs());
}

int64_t elements(const Launch &launch) {
  return launch.sizes[0] * BasicWindow<int64_t>(launch.sizes + 1).elements();
}
int64_t outputs(const Launch &launch) {
  return launch.sizes[0] * BasicWindow<int64_t>(launch.sizes + 1).outputs();
}

/// Launches `kernel` with one thread for each element.
template <typename... Parameters, typename... Arguments>
void launchElements(const Launch &launch, void (*kernel)(Window32, Parameters...), int64_t count,
                    Arguments... arguments) {
  cuda::launch(streamOf(launch), blocksFor(count, kThreads), kThreads, kernel,
               Window32(launch.sizes + 1), arguments..., count);
}

template <typename T> void maxPool(const Launch &launch) {
  launchElements(launch, largest<T>, outputs(launch), launch.buffer<T>(0), launch.buffer<T>(1));
}
template <typename T> void maxPoolIndex(const Launch &launch) {
  launchElements(launch, indexOfLargest<T>, outputs(launch), launch.sizes[19] != 0,
                 launch.buffer<T>(0), launch.buffer<int64_t>(1));
}
template <typename T> void maxPoolGrad(const Launch &launch) {
  launchElements(launch, largestGrad<T>, elements(launch), launch.buffer<T>(0), launch.buffer<T>(1),
                 launch.buffer<T>(2));
}
template <typename T> void meanPool(const Launch &launch) {
  Window32 w(launch.sizes + 1);
  Divisor<int> divisor(launch.sizes + 19);
  int64_t count = outputs(launch);
  const auto *x = launch.buffer<T>(0);
  if (w.taps() >= kWarpTaps)
    cuda::launch(streamOf(launch), blocksFor(count, kThreads / 32), kThreads, meanOfLarge<T>, w,
                 divisor, x, launch.buffer<T>(1), count);
  else
    launchElements(launch, mean<T>, count, divisor, x, launch.buffer<T>(1));
}
template <typename T> void meanPoolGrad(const Launch &launch) {
  launchElements(launch, meanGrad<T>, elements(launch), Divisor<int>(launch.sizes + 19),
                 launch.buffer<T>(0), launch.buffer<T>(1));
}

/// Runs `twice` if the element type is f64, else `single`.
template <void (*single)(const Launch &), void (*twice)(const Launch &)>
void runTyped(const Launch &launch) {
  (launch.type == ElementType::f64 ? twice : single)(launch);
}

/// Returns 0, or -1 (this kernel cannot run) if a plane has 2^31 elements or more.
int64_t workspace(const LaunchShape &shape) {
  BasicWindow<int64_t> w(shape.sizes + 1);
  constexpr int64_t most = int64_t(1) << 31;
  return w.elements() < most && w.outputs() < most ? 0 : -1;
}

} // namespace

const KernelOf<MaxPoolArguments> max_pool = {"max_pool", runTyped<maxPool<float>, maxPool<double>>,
                                             workspace};
const KernelOf<MaxPoolIndexArguments> max_pool_index = {
    "max_pool_index", runTyped<maxPoolIndex<float>, maxPoolIndex<double>>, workspace};
const KernelOf<MaxPoolArguments> max_pool_grad = {
    "max_pool_grad", runTyped<maxPoolGrad<float>, maxPoolGrad<double>>, workspace};
const KernelOf<AvgPoolArguments> avg_pool = {
    "avg_pool", runTyped<meanPool<float>, meanPool<double>>, workspace};
const KernelOf<AvgPoolArguments> avg_pool_grad = {
    "avg_pool_grad", runTyped<meanPoolGrad<float>, meanPoolGrad<double>>, workspace};

} // namespace plimsoll::cuda
