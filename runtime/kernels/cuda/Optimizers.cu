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
__device__ __forceinline__ void updateFour(const Rule &rule, const Rates &rates, const Tensor &of,
                                           int64_t i) {
  Four<float> param = loadFour(of.p + i), gradient = loadFour(of.g + i), one = {}, two = {};
  if constexpr (Rule::states > 0)
    one = loadFour(of.first + i);
  if constexpr (Rule::states > 1)
    two = loadFour(of.second + i);
  PLIMSOLL_UNROLL
  for (int k = 0; k < 4; ++k)
    updateOne(rule, rates, param.at[k], gradient.at[k], one.at[k], two.at[k]);
  storeFour(of.p + i, param);
  if constexpr (Rule::states > 0)
    storeFour(of.first + i, one);
  if constexpr (Rule::states > 1)
    storeFour(of.second + i, two);
}

template <typename Rule, int most>
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
    return updateFour(rule, rates, of, i);
  for (float none = 0; i < of.count; ++i)
    updateOne(rule, rates, of.p[i], of.g[i], Rule::states > 0 ? of.first[i] : none,
              Rule::states > 1 ? of.second[i] : none);
}

/// Updates the parameters of `launches`, which share the rule and the scalars of the step.
template <int most, typename Rule>
void updateTable(const Launch *launches, int size, const Rule &rule, int slots, int scalars) {
  Table<most> table = {launches->buffer<float>(2 + slots), clipOf(*launches, slots), size, {}, {}};
  int64_t blocks = 0;
  for (int i = 0; i < size; ++i) {
    const Launch &each = launches[i];
    table.firstBlock[i] = static_cast<unsigned>(blocks);
    table.tensors[i] = {groupOf(each, scalars), each.buffer<float>(0), each.buffer<float>(1),
                        each.buffer<float>(2),  each.buffer<float>(3), each.sizes[0]};
    blocks += blocksFor(each.sizes[0], 4 * kThreads);
  }
  cuda::launch(streamOf(*launches), blocks, kThreads, update<Rule, most>, rule, table);
}

/// True if two launches differ only in their parameter.
bool alike(const Launch &a, const Launch &b, int slots, int scalars) {
  bool same = clipOf(a, slots) == clipOf(b, slots) &&
              a.buffers[2 + slots] == b.buffers[2 + slots] && a.sizeCount == b.sizeCount &&
              std::equal(a.sizes + 2, a.sizes + a.sizeCount, b.sizes + 2) &&
              std::equal(a.scalars, a.scalars + scalars, b.scalars);
  for (int state = 2; state < 2 + slots; ++state)
    same = same && !a.buffers[state] == !b.buffers[state];
  return same;
}

/// Returns the function that the with... of UpdateRules.h call for the first of `count` launches.
/// It updates that one and the next ones that are alike, and sets `taken` to their number.
auto updater(const Launch *launches, int count, int &taken) {
  return [=, &taken](auto rule, int slots, int scalars) {
    taken = 1;
    while (taken < std::min(count, kMost) && alike(launches[0], launches[taken], slots, scalars))
      ++taken;
    taken == 1 ? updateTable<1>(launches, 1, rule, slots, scalars)
               : updateTable<kMost>(launches, taken, rule, slots, scalars);
  };
}

} // namespace

#define PLIMSOLL_DEFINE(optimizer, Arguments, withRule)                                            \
  static void optimizer##Many(const Launch *launches, int count) {                                 \
    for (int taken = 0; count > 0; launches += taken, count -= taken)                              \
      withRule(*launches, updater(launches, count, taken));                                        \
  }                                                                                                \
  const KernelOf<Arguments> optimizer = {                                                          \
      {.name = #optimizer,                                                                         \
       .run = [](const Launch &launch) { optimizer##Many(&launch, 1); },                           \
       .runMany = optimizer##Many}};
PLIMSOLL_FOR_EACH_OPTIMIZER(PLIMSOLL_DEFINE)

} // namespace plimsoll::cuda
