//===- Optimizers.cpp - one update of a parameter, as PyTorch computes it ---===//
//
// UpdateRules.h has the formulas, dialects/support/OptimizerKinds.td states and scalars. Buffers
// are {param, grad, the states..., hyper, clip}; clip, f32 [1], is a factor on the gradient and may
// be left out. Sizes are {count, decayed, the flags...}. Scalars are those of the rule, then all or
// none of {lrScale, decay, limit}, see UpdateGroup. param and states are updated in place.
//===----------------------------------------------------------------------===//
#include "../../rules/UpdateRules.h"

#include "Team.h"
#include "plimsoll/Kernels.h"

namespace plimsoll {
namespace {

template <int states, typename Rule>
void updateRange(const Rule &rule, const Rates &rates, float *__restrict p,
                 const float *__restrict g, float *__restrict first, float *__restrict second,
                 int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i)
    if constexpr (states == 0)
      rule(rates, p[i], g[i]);
    else if constexpr (states == 1)
      rule(rates, p[i], g[i], first[i]);
    else
      rule(rates, p[i], g[i], first[i], second[i]);
}

template <typename Rule, int states, int scalars> void update(const Launch &launch) {
  static_assert(states <= 2, "updateRange has no form for more states");
  Rule rule(launch);
  float *p = launch.buffer<float>(0), *g = launch.buffer<float>(1);
  float *first = states > 0 ? launch.buffer<float>(2) : nullptr;
  float *second = states > 1 ? launch.buffer<float>(3) : nullptr;
  Rates rates =
      ratesOf(launch.buffer<float>(2 + states), clipOf(launch, states), groupOf(launch, scalars));
  int64_t count = launch.sizes[0], work = count * (2 + states);
  cpu::parallelRanges(launch.threads, count, 1024, work, [&](int, int64_t begin, int64_t end) {
    updateRange<states>(rule, rates, p, g, first, second, begin, end);
  });
}

} // namespace

#define PLIMSOLL_UPDATE_KERNEL(kernel, Rule, Arguments, states, scalars)                           \
  const KernelOf<Arguments> kernel = {#kernel, update<Rule, states, scalars>};
#include "plimsoll/Kernels.inc"

} // namespace plimsoll
