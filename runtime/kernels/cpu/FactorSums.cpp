//===- FactorSums.cpp - sums of a factor of a product -----------------------===//
//
// One thread adds a block of columns, so threads do not change bits. They are those of the loop
// nest that an nn.reduce_sum of its own becomes.
//===----------------------------------------------------------------------===//
#include "FactorSums.h"

#include "../../rules/MatmulSizes.h"
#include "Team.h"

namespace plimsoll {
namespace {

constexpr int64_t kColumns = 64;

template <typename T>
void addColumns(const T *rows, int64_t count, int64_t stride, int64_t columns, T *sums) {
  double total[kColumns] = {};
  for (int64_t i = 0; i < count; ++i)
    for (int64_t j = 0; j < columns; ++j)
      total[j] += rows[i * stride + j];
  for (int64_t j = 0; j < columns; ++j)
    sums[j] = static_cast<T>(total[j]);
}

template <typename T> void sumColumns(const Launch &launch, const MatmulSizes &s) {
  bool left = s.summed == SummedFactor::left;
  int64_t columns = left ? s.m : s.n, blocks = (columns + kColumns - 1) / kColumns;
  const T *factor = launch.buffer<T>(left ? 0 : 1);
  T *sums = launch.buffer<T>(5);
  cpu::parallelFor(launch.threads, blocks, columns * s.k, [&](int64_t block) {
    int64_t first = block * kColumns, rest = columns - first;
    addColumns(factor + first, s.k, columns, rest < kColumns ? rest : kColumns, sums + first);
  });
}

} // namespace

void cpu::sumFactor(const Launch &launch) {
  MatmulSizes s(launch.sizes);
  if (s.summed != SummedFactor::none)
    launch.type == ElementType::f64 ? sumColumns<double>(launch, s) : sumColumns<float>(launch, s);
}

} // namespace plimsoll
