//===- Optimizers.cu - one update of a parameter -----------------------------===//
//
// Buffers, sizes and scalars: kernels/Optimizers.cpp; formulas: kernels/UpdateRules.h, so the
// bits are the CPU's. 256 threads of four numbers each, 16-byte accesses; at most 40 registers,
// so 6 blocks of a multiprocessor's 2,048 threads.
//===----------------------------------------------------------------------===//
#include "../../../kernels/UpdateRules.h"
#include "plimsoll/CudaKernels.h"

namespace plimsoll::cuda {
namespace {

constexpr int kThreads = 256;

template <typename Rule>
__device__ __forceinline__ void updateOne(const Rule &rule, const Rates &rates, float &p, float g,
                                          float &first, float &second) {
  if constexpr (Rule::states == 0)
    rule(rates, p, g);
  else if constexpr (Rule::states == 1)
    rule(rates, p, g, first);
  else
    rule(rates, p, g, first, second);
}

template <typename Rule>
__global__ void __launch_bounds__(kThreads)
    update(Rule rule, UpdateGroup group, float *p, const float *g, float *first, float *second,
           const float *hyper, const float *clip, int64_t count) {
  int64_t i = 4 * (int64_t(blockIdx.x) * kThreads + threadIdx.x);
  if (i >= count)
    return;
  const Rates rates = ratesOf(hyper, clip, group);
  if (i + 4 <= count) {
    Four<float> param = loadFour(p + i), gradient = loadFour(g + i), one = {}, two = {};
    if constexpr (Rule::states > 0)
      one = loadFour(first + i);
    if constexpr (Rule::states > 1)
      two = loadFour(second + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < 4; ++k)
      updateOne(rule, rates, param.at[k], gradient.at[k], one.at[k], two.at[k]);
    storeFour(p + i, param);
    if constexpr (Rule::states > 0)
      storeFour(first + i, one);
    if constexpr (Rule::states > 1)
      storeFour(second + i, two);
    return;
  }
  for (float none = 0; i < count; ++i)
    updateOne(rule, rates, p[i], g[i], Rule::states > 0 ? first[i] : none,
              Rule::states > 1 ? second[i] : none);
}

/// The updater that `with...` of UpdateRules.h calls.
auto updater(const Launch &launch) {
  return [&launch](auto rule, int slots, int scalars) {
    int64_t count = launch.sizes[0];
    cuda::launch(streamOf(launch), blocksFor(count, 4 * kThreads), kThreads, update<decltype(rule)>,
                 rule, groupOf(launch, scalars), launch.buffer<float>(0), launch.buffer<float>(1),
                 launch.buffer<float>(2), launch.buffer<float>(3), launch.buffer<float>(2 + slots),
                 clipOf(launch, slots), count);
  };
}

} // namespace

const Kernel adamw = {"adamw", [](const Launch &launch) { withAdamw(launch, updater(launch)); }};
const Kernel adam = {"adam", [](const Launch &launch) { withAdam(launch, updater(launch)); }};
const Kernel sgd = {"sgd", [](const Launch &launch) { withSgd(launch, updater(launch)); }};
const Kernel lion = {"lion", [](const Launch &launch) { withLion(launch, updater(launch)); }};
const Kernel adagrad = {"adagrad",
                        [](const Launch &launch) { withAdagrad(launch, updater(launch)); }};
const Kernel rmsprop = {"rmsprop",
                        [](const Launch &launch) { withRmsprop(launch, updater(launch)); }};

} // namespace plimsoll::cuda
