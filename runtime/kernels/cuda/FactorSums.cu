//===- FactorSums.cu - sums of a factor of a product -------------------------===//
//
// A block adds 32 columns; each of its 8 warps has every eighth row, and their sums are added as a
// fixed tree. At most 32 registers: 8 blocks of 256 threads per multiprocessor.
//===----------------------------------------------------------------------===//
#include "FactorSums.h"

#include "../../rules/MatmulSizes.h"
#include "plimsoll/Bf16.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/cuda/Sums.h"

namespace plimsoll::cuda {
namespace {

constexpr int kColumns = 32, kLanes = 8;

template <typename T>
__global__ void __launch_bounds__(kColumns *kLanes)
    addColumns(const T *factor, int64_t rows, int64_t columns, float *sums) {
  const int64_t column = int64_t(blockIdx.x) * kColumns + threadIdx.x % kColumns;
  double sum = 0;
  if (column < columns)
    for (int64_t row = threadIdx.x / kColumns; row < rows; row += kLanes)
      sum += double(float(factor[row * columns + column]));
  sum = sumOfLanes<kColumns, kLanes>(sum);
  if (column < columns && threadIdx.x < kColumns)
    sums[column] = static_cast<float>(sum);
}

template <typename T> void sumColumns(const Launch &launch, const MatmulSizes &s) {
  bool left = s.summed == SummedFactor::left;
  int64_t columns = left ? s.m : s.n;
  if (columns > 0)
    cuda::launch(streamOf(launch), blocksFor(columns, kColumns), kColumns * kLanes, addColumns<T>,
                 launch.buffer<const T>(left ? 0 : 1), s.k, columns, launch.buffer<float>(5));
}

} // namespace

void sumFactor(const Launch &launch) {
  MatmulSizes s(launch.sizes);
  if (s.summed != SummedFactor::none)
    launch.type == ElementType::bf16 ? sumColumns<Bf16>(launch, s) : sumColumns<float>(launch, s);
}

} // namespace plimsoll::cuda
