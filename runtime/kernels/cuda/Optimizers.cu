//===- Optimizers.cu - one update of a parameter, or of many -----------------===//
//
// cpu/Optimizers.cpp documents buffers, sizes and scalars. The formulas of
// rules/UpdateRules.h give the bits of the CPU. Consecutive updates of up to 48 parameters are
// one launch; the parameters are in a table among the kernel's arguments, and a block updates one
// of them. 256 threads of four numbers each, 16-byte accesses; at most 48 registers: 5 blocks per
// multiprocessor.
//===----------------------------------------------------------------------===//
#include "../../rules/UpdateRules.h"
#include "plimsoll/CudaKernels.h"

#include <algorithm>

namespace plimsoll::cuda {
namespace {

constexpr int kThreads = 256, kMost = 48;

/// One parameter.
struct Tensor {
  UpdateGroup group;
  float *p;
  const float *g;
  float *first, *second;
  int64_t count;
};

/// The parameters that one launch updates, and the first block of each.
template <int most> struct Table {
  const float *hyper, *clip;
  int size;
  unsigned firstBlock[most];
  Tensor tensors[most];
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
__device__ __forceinline__ void updateFour(const Rule &rule, const Rates &rates, const Tensor &of,
                                           int64_t i) {
  Four<float> param = loadFour(of.p + i), gradient = loadFour(of.g + i), one = {}, two = {};
  if constexpr (states > 0)
    one = loadFour(of.first + i);
  if constexpr (states > 1)
    two = loadFour(of.second + i);
  PLIMSOLL_UNROLL
  for (int k = 0; k < 4; ++k)
    updateOne<states>(rule, rates, param.at[k], gradient.at[k], one.at[k], two.at[k]);
  storeFour(of.p + i, param);
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
  const Tensor &of = table.tensors[which];
  int64_t i = 4 * (int64_t(blockIdx.x - table.firstBlock[which]) * kThreads + threadIdx.x);
  if (i >= of.count)
    return;
  const Rates rates = ratesOf(table.hyper, table.clip, of.group);
  if (i + 4 <= of.count)
    return updateFour<states>(rule, rates, of, i);
  for (float none = 0; i < of.count; ++i)
    updateOne<states>(rule, rates, of.p[i], of.g[i], states > 0 ? of.first[i] : none,
                      states > 1 ? of.second[i] : none);
}

/// Updates the parameters of `launches`, which share the rule and the scalars of the step.
template <typename Rule, int states, int scalars, int most>
void updateTable(const Launch *launches, int size) {
  const Rule rule(*launches);
  Table<most> table = {
      launches->buffer<float>(2 + states), clipOf(*launches, states), size, {}, {}};
  int64_t blocks = 0;
  for (int i = 0; i < size; ++i) {
    const Launch &each = launches[i];
    table.firstBlock[i] = static_cast<unsigned>(blocks);
    table.tensors[i] = {groupOf(each, scalars),
                        each.buffer<float>(0),
                        each.buffer<float>(1),
                        states > 0 ? each.buffer<float>(2) : nullptr,
                        states > 1 ? each.buffer<float>(3) : nullptr,
                        each.sizes[0]};
    blocks += blocksFor(each.sizes[0], 4 * kThreads);
  }
  cuda::launch(streamOf(*launches), blocks, kThreads, update<Rule, states, most>, rule, table);
}

/// True if two launches differ only in their parameter.
bool alike(const Launch &a, const Launch &b, int states, int scalars) {
  return clipOf(a, states) == clipOf(b, states) && a.buffers[2 + states] == b.buffers[2 + states] &&
         a.sizeCount == b.sizeCount &&
         std::equal(a.sizes + 2, a.sizes + a.sizeCount, b.sizes + 2) &&
         std::equal(a.scalars, a.scalars + scalars, b.scalars);
}

/// Updates the first of `count` launches and the next ones that are alike, and so on.
template <typename Rule, int states, int scalars>
void updateMany(const Launch *launches, int count) {
  static_assert(states <= 2, "a Tensor has two states");
  for (int taken = 0; count > 0; launches += taken, count -= taken) {
    taken = 1;
    while (taken < std::min(count, kMost) && alike(launches[0], launches[taken], states, scalars))
      ++taken;
    taken == 1 ? updateTable<Rule, states, scalars, 1>(launches, 1)
               : updateTable<Rule, states, scalars, kMost>(launches, taken);
  }
}

template <typename Rule, int states, int scalars> void runUpdate(const Launch &launch) {
  updateMany<Rule, states, scalars>(&launch, 1);
}

} // namespace

#define PLIMSOLL_UPDATE_KERNEL(kernel, Rule, Arguments, states, scalars)                           \
  const KernelOf<Arguments> kernel = {{.name = #kernel,                                            \
                                       .run = runUpdate<Rule, states, scalars>,                    \
                                       .runMany = updateMany<Rule, states, scalars>}};
#include "plimsoll/Kernels.inc"

} // namespace plimsoll::cuda
