//===- MatmulSizes.h - the sizes of a matrix product, for every kernel ------===//
#ifndef PLIMSOLL_RULES_MATMULSIZES_H
#define PLIMSOLL_RULES_MATMULSIZES_H

#include "plimsoll/KernelArguments.h"

#include <cstdint>

namespace plimsoll {

struct MatmulSizes {
  int64_t batch, m, n, k;
  bool transA, transB, batchA, batchB, withBias, withAddend;
  SummedFactor summed;

  explicit MatmulSizes(const int64_t *sizes)
      : batch(sizes[0]), m(sizes[1]), n(sizes[2]), k(sizes[3]), transA(sizes[4]), transB(sizes[5]),
        batchA(sizes[6]), batchB(sizes[7]), withBias(sizes[8]), withAddend(sizes[9]),
        summed(SummedFactor(sizes[10])) {
    // A batch that shares its right operand is one product with more rows.
    if (batch > 1 && batchA && !batchB && !transA) {
      m *= batch;
      batch = 1;
    }
  }
};

} // namespace plimsoll

#endif // PLIMSOLL_RULES_MATMULSIZES_H
