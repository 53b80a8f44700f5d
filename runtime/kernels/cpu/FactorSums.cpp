//===- FactorSums.cpp - sums of a factor of a product -----------------------===//
//
// One thread adds a block of columns, so threads do not change bits. They are those of the loop
// nest that an nn.reduce_sum of its own becomes.
//===----------------------------------------------------------------------===//
#include "FactorSums.h"

#include "../../rules/MatmulSizes.h"
#include "Team.h"
#include "plimsoll/Bf16.h"

namespace plimsoll {
namespace {

constexpr int64_t kColumns = 64;

template <typename T, typename Sum>
void addColumns(const T *rows, int64_t count, int64_t stride, int64_t columns, Sum *sums) {
  double total[kColumns] = {};
  for (int64_t i = 0; i < count; ++i)
    for (int64_t j = 0; j < columns; ++j)
      total[j] += rows[i * stride + j];
  for (int64_t j = 0; j < columns; ++j)
    sums[j] = static_cast<Sum>(total[j]);
}

template <typename T, typename Sum> void sumColumns(const Launch &launch, const MatmulSizes &s) {
  bool left = s.summed == SummedFactor::left;
  int64_t columns = left ? s.m : s.n, blocks = (columns + kColumns - 1) / kColumns;
  const T *factor = launch.buffer<T>(left ? 0 : 1);
  Sum *sums = launch.buffer<Sum>(5);
  cpu::parallelFor(launch.threads, blocks, columns * s.k, [&](int64_t block) {
    int64_t first = block * kColumns, rest = columns - first;
    addColumns(factor + first, s.k, columns, rest < kColumns ? rest : kColumns, sums + first);
  });
}

} // namespace

void cpu::sumFactor(const Launch &launch) {
  MatmulSizes s(launch.sizes);
  if (s.summed == SummedFactor::none)
    return;
  if (launch.type == ElementType::f64)
    return sumColumns<double, double>(launch, s);
  launch.type == ElementType::bf16 ? sumColumns<Bf16, float>(launch, s)
                                   : sumColumns<float, float>(launch, s);
}

} // namespace plimsoll
