//===- ConvDirect.cu - convolution without tiles ------------------------------===//
//
// Used for f64, and if a group has so few channels that tiles would be mostly empty (depthwise). A
// thread owns an element of the result of the forward pass and of the input's gradient; neighbours
// read neighbouring elements and the same weights. A block owns a weight's gradient: each thread a
// chain of every 256th output, the chains added as a tree in f64. At most 64 registers, 256
// threads: 4 blocks per multiprocessor.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "ConvGeometry.h"
#include "Unflatten.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Math.h"

namespace plimsoll::cuda {
namespace {

constexpr int kThreads = 256;

template <typename T>
__global__ void __launch_bounds__(kThreads)
    forward(ConvGeometry g, const T *x, const T *w, T *y, int64_t count) {
  const int64_t i = int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= count)
    return;
  const int64_t plane = i / g.outputs;
  const int filter = static_cast<int>(plane % g.k);
  x += (plane / g.k * g.c + filter / g.filters * g.channels) * g.elements;
  w += int64_t(filter) * g.depth;
  int output[3];
  unflatten(static_cast<int>(i % g.outputs), g.window.out, output);
  const BasicTaps<int> taps(g.window, output);
  T sum = 0;
  for (int c = 0; c < g.channels; ++c)
    for (int t = taps.first[0]; t < taps.last[0]; ++t)
      for (int r = taps.first[1]; r < taps.last[1]; ++r) {
        const int row = (c * g.window.size[0] + g.window.at(0, output[0], t)) * g.window.size[1] +
                        g.window.at(1, output[1], r);
        const int tap =
            ((c * g.window.kernel[0] + t) * g.window.kernel[1] + r) * g.window.kernel[2];
        for (int s = taps.first[2]; s < taps.last[2]; ++s)
          sum = detail::fma(w[tap + s],
                            x[int64_t(row) * g.window.size[2] + g.window.at(2, output[2], s)], sum);
      }
  y[i] = sum;
}

template <typename T>
__global__ void __launch_bounds__(kThreads)
    gradInput(ConvGeometry g, const T *dy, const T *w, T *dx, int64_t count) {
  const int64_t i = int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= count)
    return;
  const int64_t plane = i / g.elements;
  const int channel = static_cast<int>(plane % g.c), group = channel / g.channels;
  dy += (plane / g.c * g.k + group * g.filters) * g.outputs;
  w += int64_t(group) * g.filters * g.depth + channel % g.channels * g.taps;
  int position[3];
  unflatten(static_cast<int>(i % g.elements), g.window.size, position);
  T sum = 0;
  forEachWindowAround(g.window, position, [&](const int *, int output, const int *at) {
    const int tap = (at[0] * g.window.kernel[1] + at[1]) * g.window.kernel[2] + at[2];
    for (int filter = 0; filter < g.filters; ++filter)
      sum = detail::fma(w[filter * g.depth + tap], dy[filter * g.outputs + output], sum);
  });
  dx[i] = sum;
}

template <typename T>
__global__ void __launch_bounds__(kThreads)
    gradWeight(ConvGeometry g, const T *dy, const T *x, T *dw) {
  const int filter = int(blockIdx.x) / g.depth, weight = int(blockIdx.x) % g.depth;
  const int channel = filter / g.filters * g.channels + weight / g.taps;
  int tap[3];
  unflatten(weight % g.taps, g.window.kernel, tap);
  const int images = kThreads / g.outputs, rest = kThreads % g.outputs;
  int64_t image = int(threadIdx.x) / g.outputs;
  int output = int(threadIdx.x) % g.outputs;
  T sum = 0;
  while (image < g.n) {
    int at[3];
    unflatten(output, g.window.out, at);
    bool inside = true;
    PLIMSOLL_UNROLL
    for (int d = 0; d < 3; ++d) {
      at[d] = g.window.at(d, at[d], tap[d]);
      inside &= unsigned(at[d]) < unsigned(g.window.size[d]);
    }
    if (inside)
      sum = detail::fma(dy[(image * g.k + filter) * g.outputs + output],
                        x[(image * g.c + channel) * g.elements +
                          (at[0] * g.window.size[1] + at[1]) * g.window.size[2] + at[2]],
                        sum);
    image += images, output += rest;
    if (output >= g.outputs)
      ++image, output -= g.outputs;
  }
  const double all = combineBlock<kThreads>(double(sum), Add());
  if (threadIdx.x == 0)
    dw[blockIdx.x] = static_cast<T>(all);
}

} // namespace

void convolveDirect(const Launch &launch) {
  withFloats(launch, [&](auto *type) {
    using T = std::remove_pointer_t<decltype(type)>;
    ConvGeometry g(launch.sizes);
    int64_t count = g.n * g.k * g.outputs;
    cuda::launch(streamOf(launch), blocksFor(count, kThreads), kThreads, forward<T>, g,
                 launch.buffer<T>(0), launch.buffer<T>(1), launch.buffer<T>(2), count);
  });
}

void convolveGradInputDirect(const Launch &launch) {
  withFloats(launch, [&](auto *type) {
    using T = std::remove_pointer_t<decltype(type)>;
    ConvGeometry g(launch.sizes);
    int64_t count = g.n * g.c * g.elements;
    cuda::launch(streamOf(launch), blocksFor(count, kThreads), kThreads, gradInput<T>, g,
                 launch.buffer<T>(0), launch.buffer<T>(1), launch.buffer<T>(2), count);
  });
}

void convolveGradWeightDirect(const Launch &launch) {
  withFloats(launch, [&](auto *type) {
    using T = std::remove_pointer_t<decltype(type)>;
    ConvGeometry g(launch.sizes);
    if (g.outputs == 0) // no image has a first output
      g.n = 0, g.outputs = 1;
    cuda::launch(streamOf(launch), int64_t(g.k) * g.depth, kThreads, gradWeight<T>, g,
                 launch.buffer<T>(0), launch.buffer<T>(1), launch.buffer<T>(2));
  });
}

} // namespace plimsoll::cuda
