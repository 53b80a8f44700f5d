//===- Optimizers.cu - one update of parameters -----------------------------===//
//
// cpu/Optimizers.cpp documents buffers, sizes and scalars. The formulas of
// rules/UpdateRules.h give the bits of the CPU. Up to 48 parameters are
// one grid; they are in a table among the kernel's arguments, and a block updates one
// of them. 256 threads of four numbers each, 16-byte accesses; at most 48 registers: 5 blocks per
// multiprocessor.
//===----------------------------------------------------------------------===//
#include "../../rules/UpdateRules.h"
#include "plimsoll/CudaKernels.h"

#include <algorithm>

namespace plimsoll::cuda {
namespace {

constexpr int kThreads = 256, kMost = 48;

/// The parameters that one grid updates, and the first block of each.
template <int most> struct Table {
  UpdateGroup group;
  const float *hyper, *clip;
  int size;
  unsigned firstBlock[most];
  UpdatedParameter parameters[most];
};
static_assert(sizeof(Table<kMost>) <= 4000, "arguments of a kernel have 4 KiB");

template <int states, typename Rule>
__device__ __forceinline__ void updateOne(const Rule &rule, const Rates &rates, float &p, float g,
                                          float &first, float &second) {
  if constexpr (states == 0)
    rule(rates, p, g);
  else if constexpr (states == 1)
    rule(rates, p, g, first);
  else
    rule(rates, p, g, first, second);
}

template <int states, typename Rule>
__device__ __forceinline__ void updateFour(const Rule &rule, const Rates &rates,
                                           const UpdatedParameter &of, int64_t i) {
  Four<float> param = loadFour(of.param + i), gradient = loadFour(of.gradient + i), one = {},
              two = {};
  if constexpr (states > 0)
    one = loadFour(of.first + i);
  if constexpr (states > 1)
    two = loadFour(of.second + i);
  PLIMSOLL_UNROLL
  for (int k = 0; k < 4; ++k)
    updateOne<states>(rule, rates, param.at[k], gradient.at[k], one.at[k], two.at[k]);
  storeFour(of.param + i, param);
  if constexpr (states > 0)
    storeFour(of.first + i, one);
  if constexpr (states > 1)
    storeFour(of.second + i, two);
}

template <typename Rule, int states, int most>
__global__ void __launch_bounds__(kThreads, 4) update(Rule rule, Table<most> table) {
  int which = 0;
  if constexpr (most > 1)
    while (which + 1 < table.size && blockIdx.x >= table.firstBlock[which + 1])
      ++which;
  const UpdatedParameter &of = table.parameters[which];
  int64_t i = 4 * (int64_t(blockIdx.x - table.firstBlock[which]) * kThreads + threadIdx.x);
  if (i >= of.count)
    return;
  const Rates rates = ratesOf(table.hyper, table.clip, table.group);
  if (i + 4 <= of.count)
    return updateFour<states>(rule, rates, of, i);
  for (float none = 0; i < of.count; ++i)
    updateOne<states>(rule, rates, of.param[i], of.gradient[i], states > 0 ? of.first[i] : none,
                      states > 1 ? of.second[i] : none);
}

/// Updates `size` of the parameters of a launch, from number `first` on.
template <int most, typename Rule, int states>
void updateTable(const Launch &launch, const Rule &rule, const UpdateGroup &group,
                 const UpdatedParameters<states> &parameters, int first, int size) {
  Table<most> table = {group, parameters.hyper(), parameters.clip(), size, {}, {}};
  int64_t blocks = 0;
  for (int i = 0; i < size; ++i) {
    table.firstBlock[i] = static_cast<unsigned>(blocks);
    table.parameters[i] = parameters[first + i];
    blocks += blocksFor(table.parameters[i].count, 4 * kThreads);
  }
  cuda::launch(streamOf(launch), blocks, kThreads, update<Rule, states, most>, rule, table);
}

template <typename Rule, int states, int scalars> void runUpdate(const Launch &launch) {
  const Rule rule(launch);
  const UpdatedParameters<states> parameters(launch);
  const UpdateGroup group = groupOf(launch, scalars);
  if (parameters.size() == 1)
    return updateTable<1>(launch, rule, group, parameters, 0, 1);
  for (int first = 0; first < parameters.size(); first += kMost)
    updateTable<kMost>(launch, rule, group, parameters, first,
                       std::min(kMost, parameters.size() - first));
}

} // namespace

#define PLIMSOLL_UPDATE_KERNEL(kernel, Rule, Arguments, states, scalars)                           \
  const KernelOf<Arguments> kernel = {{.name = #kernel, .run = runUpdate<Rule, states, scalars>}};
#include "plimsoll/Kernels.inc"

} // namespace plimsoll::cuda
