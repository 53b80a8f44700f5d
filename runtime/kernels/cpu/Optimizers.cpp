//===- Optimizers.cpp - one update of parameters, as PyTorch computes it ----===//
//
// UpdateRules.h has the formulas, dialects/support/OptimizerKinds.td states and scalars. Buffers
// are {param..., grad..., each of the states..., hyper, clip}, with one of the first ones for every
// parameter; clip, f32 [1], is a factor on the gradients and may be left out. Sizes are {decayed,
// the flags..., each parameter's count...}. Scalars are those of the rule, then all or none of
// {lrScale, decay, limit}, see UpdateGroup. Parameters and states are updated in place.
//===----------------------------------------------------------------------===//
#include "../../rules/UpdateRules.h"

#include "Team.h"
#include "plimsoll/Kernels.h"

#include <algorithm>

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
  Rule rule(launch);
  UpdatedParameters<states> parameters(launch);
  Rates rates = ratesOf(parameters.hyper(), parameters.clip(), groupOf(launch, scalars));
  int64_t total = 0;
  for (int i = 0; i < parameters.size(); ++i)
    total += parameters.count(i);
  // A range is of all numbers of all parameters, one parameter behind the other.
  cpu::parallelRanges(
      launch.threads, total, 1024, total * (2 + states), [&](int, int64_t begin, int64_t end) {
        for (int i = 0; i < parameters.size() && end > 0; ++i) {
          UpdatedParameter each = parameters[i];
          if (begin < each.count)
            updateRange<states>(rule, rates, each.param, each.gradient, each.first, each.second,
                                std::max(begin, int64_t(0)), std::min(end, each.count));
          begin -= each.count, end -= each.count;
        }
      });
}

} // namespace

#define PLIMSOLL_UPDATE_KERNEL(kernel, Rule, Arguments, states, scalars)                           \
  const KernelOf<Arguments> kernel = {#kernel, update<Rule, states, scalars>};
#include "plimsoll/Kernels.inc"

} // namespace plimsoll
