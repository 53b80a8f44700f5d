//===- Optimizers.cpp - one update of parameters, as PyTorch computes it ----===//
//
// UpdateRules.h has the formulas, dialects/support/OptimizerKinds.td states and scalars. Buffers
// are {param..., grad..., each of the states..., hyper, clip}, with one of the first ones for every
// parameter; clip, f32 [1], is a factor on the gradients and may be left out. Sizes are {decayed,
// the flags..., each parameter's count...}. Scalars are those of the rule, then all or none of
// {lrScale, decay, limit}, see UpdateGroup. Parameters and states are updated in place.
//
// The launch's type is that of the states: f32, bf16 (rounded to nearest even), or u8: codes, whose
// scales follow the states, f32 [blocks of the count] for each (StateCodes.h). The arithmetic is
// f32: a number of a state is read as f32 and rounded when it is written.
//
// NAME_rows {param, gradient, at i64 [count], each of the states..., decaySums f64 [rows + 1],
//            hyper, clip} {decayed, rows, inner, count}
//   param and states [rows, inner], gradient [count, inner]: updates row at[i] by gradient[i, :].
//   Each row of the table is there at most once; a number outside the table is none. decaySums, see
//   UpdatedRows, may be absent. Types of states are f32 and bf16, scalars as above.
//===----------------------------------------------------------------------===//
#include "../../rules/UpdateRules.h"

#include "Team.h"
#include "plimsoll/Bf16.h"
#include "plimsoll/Kernels.h"
#include "plimsoll/StateBlocks.h"

#include <algorithm>

namespace plimsoll {
namespace {

/// Updates numbers [begin, end) of a parameter whose states are kept as `Number`. The pointers are
/// arguments, because only as such GCC takes them for those of different bytes.
template <typename Number, int states, typename Rule>
void updateRange(const Rule &rule, const Rates &rates, float *__restrict p,
                 const float *__restrict g, Number *__restrict first, Number *__restrict second,
                 int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    float one = 0, two = 0;
    if constexpr (states > 0)
      one = static_cast<float>(first[i]);
    if constexpr (states > 1)
      two = static_cast<float>(second[i]);
    updateOne<states>(rule, rates, p[i], g[i], one, two);
    if constexpr (states > 0)
      first[i] = static_cast<Number>(one);
    if constexpr (states > 1)
      second[i] = static_cast<Number>(two);
  }
}

/// Updates blocks [begin, end) of a parameter whose states are codes. `squares`: bit i is set if
/// state i is never negative.
template <int states, unsigned squares, typename Rule>
void updateBlocks(const Rule &rule, const Rates &rates, const UpdatedParameter &of, int64_t begin,
                  int64_t end) {
  for (int64_t block = begin; block < end; ++block) {
    const int64_t at = block * kStateBlock, count = std::min(kStateBlock, of.count - at);
    float numbers[2][kStateBlock];
    const StateBlockCodes *codes[2];
    uint8_t *places[2];
    for (int state = 0; state < states; ++state) {
      codes[state] = squares >> state & 1 ? &kUnsignedCodes : &kSignedCodes;
      places[state] = static_cast<uint8_t *>(of.states[state]) + at;
      decodeBlock(*codes[state], places[state], of.scales[state][block], count, numbers[state]);
    }
    updateRange<float, states>(rule, rates, of.param + at, of.gradient + at, numbers[0], numbers[1],
                               0, count);
    for (int state = 0; state < states; ++state)
      of.scales[state][block] = encodeBlock(*codes[state], numbers[state], count, places[state]);
  }
}

/// Calls body(parameter, begin, end) on the team for ranges of all units of all parameters, one
/// parameter behind the other; a parameter has units(its count) of them.
template <int states, typename Units, typename Body>
void forRanges(const Launch &launch, const UpdatedParameters<states> &parameters, int64_t grain,
               const Units &units, const Body &body) {
  int64_t total = 0, numbers = 0;
  for (int i = 0; i < parameters.size(); ++i)
    total += units(parameters.count(i)), numbers += parameters.count(i);
  cpu::parallelRanges(launch.threads, total, grain, numbers * (2 + states),
                      [&](int, int64_t begin, int64_t end) {
                        for (int i = 0; i < parameters.size() && end > 0; ++i) {
                          UpdatedParameter each = parameters[i];
                          int64_t own = units(each.count);
                          if (begin < own)
                            body(each, std::max(begin, int64_t(0)), std::min(end, own));
                          begin -= own, end -= own;
                        }
                      });
}

template <typename Rule, int states, int scalars, unsigned squares>
void update(const Launch &launch) {
  Rule rule(launch);
  UpdatedParameters<states> parameters(launch);
  Rates rates = ratesOf(parameters.hyper(), parameters.clip(), groupOf(launch, scalars));
  auto ranges = [&](auto number) {
    forRanges<states>(
        launch, parameters, 1024, [](int64_t count) { return count; },
        [&](const UpdatedParameter &of, int64_t begin, int64_t end) {
          using Number = decltype(number);
          updateRange<Number, states>(rule, rates, of.param, of.gradient,
                                      static_cast<Number *>(of.states[0]),
                                      static_cast<Number *>(of.states[1]), begin, end);
        });
  };
  if constexpr (states > 0) {
    if (launch.type == ElementType::bf16)
      return ranges(Bf16());
    if (launch.type == ElementType::u8)
      return forRanges<states>(launch, parameters, 4, stateBlocks,
                               [&](const UpdatedParameter &of, int64_t begin, int64_t end) {
                                 updateBlocks<states, squares>(rule, rates, of, begin, end);
                               });
  }
  ranges(float());
}

// Rows ------------------------------------------------------------------------

template <typename Number, typename Rule, int states>
void updateRows(const Launch &launch, const Rule &rule, const Rates &rates) {
  const UpdatedRows<states> table(launch);
  double *sums = table.decaySums;
  const double before = sums ? sums[table.rows] : 0.0;
  const double after = sums ? before + logOfDecay(rates) : 0.0;
  cpu::parallelFor(
      launch.threads, table.count, table.count * table.inner * (2 + states), [&](int64_t i) {
        const int64_t row = table.row(i), at = row * table.inner;
        if (row < 0)
          return;
        float *param = table.param + at;
        if (sums) {
          const float missed = missedDecay(before, sums[row]);
          for (int64_t k = 0; k < table.inner; ++k)
            param[k] = param[k] * missed;
          sums[row] = after;
        }
        auto state = [&](int which) {
          return which < states ? static_cast<Number *>(table.stateOf[which]) + at : nullptr;
        };
        updateRange<Number, states>(rule, rates, param, table.gradient + i * table.inner, state(0),
                                    state(1), 0, table.inner);
      });
  if (sums)
    sums[table.rows] = after;
}

template <typename Rule, int states, int scalars> void updateRows(const Launch &launch) {
  const UpdatedRows<states> table(launch);
  const Rule rule(launch);
  const Rates rates = ratesOf(table.hyper, table.clip, groupOf(launch, scalars));
  if (states > 0 && launch.type == ElementType::bf16)
    updateRows<Bf16, Rule, states>(launch, rule, rates);
  else
    updateRows<float, Rule, states>(launch, rule, rates);
}

} // namespace

#define PLIMSOLL_UPDATE_ROWS_KERNEL(kernel, Rule, Arguments, states, scalars)                      \
  const KernelOf<Arguments> kernel = {#kernel, updateRows<Rule, states, scalars>};
#define PLIMSOLL_UPDATE_KERNEL(kernel, Rule, Arguments, states, scalars, squares)                  \
  const KernelOf<Arguments> kernel = {#kernel, update<Rule, states, scalars, squares>};
#include "plimsoll/Kernels.inc"

} // namespace plimsoll
