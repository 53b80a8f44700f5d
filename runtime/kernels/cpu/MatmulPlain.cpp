//===- MatmulPlain.cpp - matrix product in f64, for checks of gradients -----===//
//===----------------------------------------------------------------------===//
#include "MatmulPlain.h"

#include "../../rules/MatmulSizes.h"
#include "Team.h"

#include <cstring>

namespace plimsoll {
namespace {

/// Adds one row a b of the product to c; element p of a is at p * aStep, element (p, j) of b at
/// p * bRow + j * bColumn.
void multiplyRow(const MatmulSizes &s, const double *a, int64_t aStep, const double *b,
                 int64_t bRow, int64_t bColumn, double *c) {
  if (bColumn == 1) {
    for (int64_t p = 0; p < s.k; ++p)
      for (int64_t j = 0; j < s.n; ++j)
        c[j] += a[p * aStep] * b[p * bRow + j];
    return;
  }
  for (int64_t j = 0; j < s.n; ++j)
    for (int64_t p = 0; p < s.k; ++p)
      c[j] += a[p * aStep] * b[j * bColumn + p * bRow];
}

} // namespace

void plain::multiply(const Launch &launch) {
  MatmulSizes s(launch.sizes);
  cpu::parallelFor(launch.threads, s.batch * s.m, s.batch * s.m * s.n * s.k, [&](int64_t index) {
    int64_t entry = index / s.m, row = index % s.m;
    const double *a = launch.buffer<double>(0) + (s.batchA ? entry * s.m * s.k : 0) +
                      (s.transA ? row : row * s.k);
    const double *b = launch.buffer<double>(1) + (s.batchB ? entry * s.k * s.n : 0);
    const double *bias = launch.buffer<double>(2), *addend = launch.buffer<double>(3);
    double *c = launch.buffer<double>(4) + index * s.n;
    for (int64_t j = 0; j < s.n; ++j)
      c[j] = addend ? addend[index * s.n + j] : 0.0;
    multiplyRow(s, a, s.transA ? s.m : 1, b, s.transB ? 1 : s.n, s.transB ? s.k : 1, c);
    for (int64_t j = 0; bias && j < s.n; ++j)
      c[j] += bias[j];
  });
}

} // namespace plimsoll
