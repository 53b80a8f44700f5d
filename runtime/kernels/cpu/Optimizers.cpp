//===- Optimizers.cpp - one update of a parameter, as PyTorch computes it ---===//
//
// UpdateRules.h has the formulas. Buffers are {param, grad, the states..., hyper, clip}; clip, f32
// [1], is a factor on the gradient and may be left out. Sizes are {count, decayed, ...}. Scalars
// are those of the optimizer, then all or none of {lrScale, decay, limit}, see UpdateGroup.
// adamw, adam {param, grad, m, v, hyper} {beta1, beta2, epsilon}
// sgd {param, grad, momentum | null, hyper} {count, decayed, nesterov} {momentum}
// lion {param, grad, m, hyper} {beta1, beta2}
// adagrad {param, grad, sum, hyper} {epsilon}
// rmsprop {param, grad, v, momentum | null, hyper} {alpha, epsilon, momentum}
// param and states are updated in place.
//===----------------------------------------------------------------------===//
#include "../../rules/UpdateRules.h"

#include "Team.h"
#include "plimsoll/Kernels.h"

namespace plimsoll {
namespace {

template <typename Rule>
void updateRange(const Rule &rule, const Rates &rates, float *__restrict p,
                 const float *__restrict g, float *__restrict first, float *__restrict second,
                 int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i)
    if constexpr (Rule::states == 0)
      rule(rates, p[i], g[i]);
    else if constexpr (Rule::states == 1)
      rule(rates, p[i], g[i], first[i]);
    else
      rule(rates, p[i], g[i], first[i], second[i]);
}

/// Returns the function that the with... of UpdateRules.h call, which updates the parameter.
auto updater(const Launch &launch) {
  return [&launch](auto rule, int slots, int scalars) {
    float *p = launch.buffer<float>(0), *g = launch.buffer<float>(1);
    float *first = launch.buffer<float>(2), *second = launch.buffer<float>(3);
    Rates rates =
        ratesOf(launch.buffer<float>(2 + slots), clipOf(launch, slots), groupOf(launch, scalars));
    int64_t count = launch.sizes[0], work = count * (2 + rule.states);
    cpu::parallelRanges(launch.threads, count, 1024, work, [&](int, int64_t begin, int64_t end) {
      updateRange(rule, rates, p, g, first, second, begin, end);
    });
  };
}

} // namespace

#define PLIMSOLL_DEFINE(name, Arguments, withRule)                                                 \
  const KernelOf<Arguments> name = {                                                               \
      #name, [](const Launch &launch) { withRule(launch, updater(launch)); }};
PLIMSOLL_FOR_EACH_OPTIMIZER(PLIMSOLL_DEFINE)

} // namespace plimsoll
