//===- Optimizers.cu - one update of parameters -----------------------------===//
//
// cpu/Optimizers.cpp documents buffers, sizes and scalars. The formulas of
// rules/UpdateRules.h give the bits of the CPU. Up to 48 parameters are
// one grid; they are in a table among the kernel's arguments, and a block updates one
// of them. 256 threads of four numbers each, 16-byte accesses; at most 48 registers: 5 blocks per
// multiprocessor. Where states are codes, a warp updates one block of them, eight numbers a lane,
// and finds its scale by shuffles; values and middles of codes are in shared memory. Of updates of
// rows 8 lanes, a warp or a block take one, depending on its length.
//===----------------------------------------------------------------------===//
#include "../../rules/UpdateRules.h"
#include "Rows.h"
#include "plimsoll/Bf16.h"
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

/// Returns the parameter that this block updates.
template <int most> __device__ __forceinline__ int parameterOf(const Table<most> &table) {
  int which = 0;
  if constexpr (most > 1)
    while (which + 1 < table.size && blockIdx.x >= table.firstBlock[which + 1])
      ++which;
  return which;
}

// States that are numbers ---------------------------------------------------

template <typename Number, int states, typename Rule>
__device__ __forceinline__ void updateFour(const Rule &rule, const Rates &rates,
                                           const UpdatedParameter &of, int64_t i) {
  auto *first = static_cast<Number *>(of.states[0]), *second = static_cast<Number *>(of.states[1]);
  Four<float> param = loadFour(of.param + i), gradient = loadFour(of.gradient + i);
  Four<Number> one = {}, two = {};
  if constexpr (states > 0)
    one = loadFour(first + i);
  if constexpr (states > 1)
    two = loadFour(second + i);
  PLIMSOLL_UNROLL
  for (int k = 0; k < 4; ++k) {
    float a = static_cast<float>(one.at[k]), b = static_cast<float>(two.at[k]);
    updateOne<states>(rule, rates, param.at[k], gradient.at[k], a, b);
    one.at[k] = static_cast<Number>(a), two.at[k] = static_cast<Number>(b);
  }
  storeFour(of.param + i, param);
  if constexpr (states > 0)
    storeFour(first + i, one);
  if constexpr (states > 1)
    storeFour(second + i, two);
}

template <typename Rule, typename Number, int states, int most>
__global__ void __launch_bounds__(kThreads, 4) update(Rule rule, Table<most> table) {
  const int which = parameterOf(table);
  const UpdatedParameter &of = table.parameters[which];
  int64_t i = 4 * (int64_t(blockIdx.x - table.firstBlock[which]) * kThreads + threadIdx.x);
  if (i >= of.count)
    return;
  const Rates rates = ratesOf(table.hyper, table.clip, table.group);
  if (i + 4 <= of.count)
    return updateFour<Number, states>(rule, rates, of, i);
  auto *first = static_cast<Number *>(of.states[0]), *second = static_cast<Number *>(of.states[1]);
  for (; i < of.count; ++i) {
    float one = 0, two = 0;
    if constexpr (states > 0)
      one = static_cast<float>(first[i]);
    if constexpr (states > 1)
      two = static_cast<float>(second[i]);
    updateOne<states>(rule, rates, of.param[i], of.gradient[i], one, two);
    if constexpr (states > 0)
      first[i] = static_cast<Number>(one);
    if constexpr (states > 1)
      second[i] = static_cast<Number>(two);
  }
}

// States that are codes -----------------------------------------------------

constexpr int kWarps = kThreads / 32, kEach = kStateBlock / 32; ///< kEach: numbers of a lane
static_assert(kEach == 8 && StateCodes::kCount == kThreads);

__device__ const StateCodes signedCodes = stateCodes(true);
__device__ const StateCodes unsignedCodes = stateCodes(false);

/// Where the numbers of a lane are: two times four neighbours of a block that begins at `begin`, of
/// a tensor of `count` numbers.
struct LanePlace {
  int64_t begin, count;

  __device__ __forceinline__ int64_t at(int k) const {
    return begin + k / 4 * (kStateBlock / 2) + 4 * (threadIdx.x % 32) + k % 4;
  }
  __device__ __forceinline__ bool isWhole() const { return begin + kStateBlock <= count; }

  template <typename T> __device__ __forceinline__ void load(const T *from, T (&to)[kEach]) const {
    PLIMSOLL_UNROLL
    for (int k = 0; k < kEach; k += 4) {
      Four<T> four = {};
      if (isWhole())
        four = loadFour(from + at(k));
      else
        for (int j = 0; j < 4 && at(k + j) < count; ++j)
          four.at[j] = from[at(k + j)];
      PLIMSOLL_UNROLL
      for (int j = 0; j < 4; ++j)
        to[k + j] = four.at[j];
    }
  }
  template <typename T> __device__ __forceinline__ void store(T *to, const T (&from)[kEach]) const {
    PLIMSOLL_UNROLL
    for (int k = 0; k < kEach; k += 4) {
      const Four<T> four = {{from[k], from[k + 1], from[k + 2], from[k + 3]}};
      if (isWhole())
        storeFour(to + at(k), four);
      else
        for (int j = 0; j < 4 && at(k + j) < count; ++j)
          to[at(k + j)] = four.at[j];
    }
  }
};

/// Writes the codes of a block and its scale. All lanes of the warp must call it; numbers behind
/// the end of the tensor do not count.
__device__ __forceinline__ void encode(const float (&numbers)[kEach], const LanePlace &place,
                                       const float *middles, uint8_t *codes, float *scale) {
  uint32_t largest = 0;
  PLIMSOLL_UNROLL
  for (int k = 0; k < kEach; ++k)
    if (place.at(k) < place.count)
      largest = Larger()(largest, magnitudeBits(numbers[k]));
  const float found = scaleOf(combineLanes<32>(largest, Larger()));
  uint8_t own[kEach];
  PLIMSOLL_UNROLL
  for (int k = 0; k < kEach; ++k)
    own[k] = codeOf(numbers[k], found, middles);
  place.store(codes, own);
  __syncwarp(); // all lanes have read the old scale
  if (threadIdx.x % 32 == 0)
    *scale = found;
}

template <typename Rule, int states, unsigned squares, int most>
__global__ void __launch_bounds__(kThreads) updateCoded(Rule rule, Table<most> table) {
  PLIMSOLL_SHARED(float, values, states *StateCodes::kCount);
  PLIMSOLL_SHARED(float, middles, states *StateCodes::kCount);
  PLIMSOLL_UNROLL
  for (int state = 0; state < states; ++state) {
    const StateCodes &codes = squares >> state & 1 ? unsignedCodes : signedCodes;
    const int code = threadIdx.x, place = state * StateCodes::kCount + code;
    values[place] = codes.values[code];
    if (code + 1 < StateCodes::kCount)
      middles[place] = codes.middles[code];
  }
  __syncthreads();
  const int which = parameterOf(table);
  const UpdatedParameter &of = table.parameters[which];
  const int64_t block = int64_t(blockIdx.x - table.firstBlock[which]) * kWarps + threadIdx.x / 32;
  const LanePlace place = {block * kStateBlock, of.count};
  if (place.begin >= of.count)
    return;
  float param[kEach], gradient[kEach], numbers[2][kEach];
  place.load(of.param, param);
  place.load(of.gradient, gradient);
  PLIMSOLL_UNROLL
  for (int state = 0; state < states; ++state) {
    uint8_t codes[kEach];
    place.load(static_cast<const uint8_t *>(of.states[state]), codes);
    const float scale = of.scales[state][block];
    PLIMSOLL_UNROLL
    for (int k = 0; k < kEach; ++k)
      numbers[state][k] = values[state * StateCodes::kCount + codes[k]] * scale;
  }
  const Rates rates = ratesOf(table.hyper, table.clip, table.group);
  PLIMSOLL_UNROLL
  for (int k = 0; k < kEach; ++k)
    updateOne<states>(rule, rates, param[k], gradient[k], numbers[0][k], numbers[1][k]);
  place.store(of.param, param);
  PLIMSOLL_UNROLL
  for (int state = 0; state < states; ++state)
    encode(numbers[state], place, middles + state * StateCodes::kCount,
           static_cast<uint8_t *>(of.states[state]), of.scales[state] + block);
}

// Launches ------------------------------------------------------------------

/// Updates `size` of the parameters of a launch, from number `first` on, by `kernel`, a block of
/// which updates `each` numbers.
template <int most, typename Rule, int states>
void updateTable(const Launch &launch, const Rule &rule, const UpdateGroup &group,
                 const UpdatedParameters<states> &parameters, int first, int size, int64_t each,
                 void (*kernel)(Rule, Table<most>)) {
  Table<most> table = {group, parameters.hyper(), parameters.clip(), size, {}, {}};
  int64_t blocks = 0;
  for (int i = 0; i < size; ++i) {
    table.firstBlock[i] = static_cast<unsigned>(blocks);
    table.parameters[i] = parameters[first + i];
    blocks += blocksFor(table.parameters[i].count, each);
  }
  cuda::launch(streamOf(launch), blocks, kThreads, kernel, rule, table);
}

/// Updates all parameters of a launch, by a kernel for one of them or one for a table.
template <typename Rule, int states>
void updateAll(const Launch &launch, int scalars, int64_t each, void (*ofOne)(Rule, Table<1>),
               void (*ofMany)(Rule, Table<kMost>)) {
  const Rule rule(launch);
  const UpdatedParameters<states> parameters(launch);
  const UpdateGroup group = groupOf(launch, scalars);
  if (parameters.size() == 1)
    return updateTable(launch, rule, group, parameters, 0, 1, each, ofOne);
  for (int first = 0; first < parameters.size(); first += kMost)
    updateTable(launch, rule, group, parameters, first, std::min(kMost, parameters.size() - first),
                each, ofMany);
}

template <typename Rule, int states, int scalars, unsigned squares>
void runUpdate(const Launch &launch) {
  constexpr int64_t each = 4 * kThreads;
  if constexpr (states > 0) {
    if (launch.type == ElementType::bf16)
      return updateAll<Rule, states>(launch, scalars, each, update<Rule, Bf16, states, 1>,
                                     update<Rule, Bf16, states, kMost>);
    if (launch.type == ElementType::u8)
      return updateAll<Rule, states>(launch, scalars, kWarps * kStateBlock,
                                     updateCoded<Rule, states, squares, 1>,
                                     updateCoded<Rule, states, squares, kMost>);
  }
  updateAll<Rule, states>(launch, scalars, each, update<Rule, float, states, 1>,
                          update<Rule, float, states, kMost>);
}

// Rows ------------------------------------------------------------------------

/// Updates the row at place Shape::row().
template <typename Shape, typename Number, typename Rule, int states>
__global__ void __launch_bounds__(kRowThreads)
    updateRow(Rule rule, UpdateGroup group, UpdatedRows<states> table) {
  const int64_t i = Shape::row();
  const int64_t row = i < table.count ? table.row(i) : -1;
  if (row < 0)
    return;
  const Rates rates = ratesOf(table.hyper, table.clip, group);
  float missed = 1.0f;
  if (table.decaySums) {
    const double before = table.decaySums[table.rows];
    missed = missedDecay(before, table.decaySums[row]);
    Shape::synchronize(); // all threads of the row have read its sum
    if (Shape::lane() == 0)
      table.decaySums[row] = before + logOfDecay(rates);
  }
  Shape::forEach(table.inner, [&](int64_t column) {
    const int64_t at = row * table.inner + column;
    auto param = Shape::load(table.param + at);
    const auto gradient = Shape::load(table.gradient + i * table.inner + column);
    Part<Shape::width, Number> kept[2] = {};
    PLIMSOLL_UNROLL
    for (int state = 0; state < states; ++state)
      kept[state] = Shape::load(static_cast<const Number *>(table.stateOf[state]) + at);
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k) {
      float first = static_cast<float>(kept[0].at[k]), second = static_cast<float>(kept[1].at[k]);
      param.at[k] = param.at[k] * missed;
      updateOne<states>(rule, rates, param.at[k], gradient.at[k], first, second);
      kept[0].at[k] = static_cast<Number>(first), kept[1].at[k] = static_cast<Number>(second);
    }
    Shape::store(table.param + at, param);
    PLIMSOLL_UNROLL
    for (int state = 0; state < states; ++state)
      Shape::store(static_cast<Number *>(table.stateOf[state]) + at, kept[state]);
  });
}

/// Adds the step to the sum of all steps, after the rows have read it.
__global__ void addDecay(UpdateGroup group, const float *hyper, double *sum) {
  *sum = *sum + logOfDecay(ratesOf(hyper, nullptr, group));
}

template <typename Number, typename Rule, int states>
void updateRows(const Launch &launch, const UpdateGroup &group) {
  const UpdatedRows<states> table(launch);
  const Rule rule(launch);
  withRowShape(table.inner, [&](auto shape) {
    using Shape = decltype(shape);
    launchRows<Shape>(launch, table.count, updateRow<Shape, Number, Rule, states>, rule, group,
                      table);
  });
  if (table.decaySums)
    cuda::launch(streamOf(launch), 1, 1, addDecay, group, table.hyper,
                 table.decaySums + table.rows);
}

template <typename Rule, int states, int scalars> void runUpdateRows(const Launch &launch) {
  const UpdateGroup group = groupOf(launch, scalars);
  if (states > 0 && launch.type == ElementType::bf16)
    updateRows<Bf16, Rule, states>(launch, group);
  else
    updateRows<float, Rule, states>(launch, group);
}

} // namespace

#define PLIMSOLL_UPDATE_ROWS_KERNEL(kernel, Rule, Arguments, states, scalars)                      \
  const KernelOf<Arguments> kernel = {                                                             \
      {.name = #kernel, .run = runUpdateRows<Rule, states, scalars>}};
#define PLIMSOLL_UPDATE_KERNEL(kernel, Rule, Arguments, states, scalars, squares)                  \
  const KernelOf<Arguments> kernel = {                                                             \
      {.name = #kernel, .run = runUpdate<Rule, states, scalars, squares>}};
#include "plimsoll/Kernels.inc"

} // namespace plimsoll::cuda
