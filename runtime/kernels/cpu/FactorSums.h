//===- FactorSums.h - sums of a factor of a product -------------------------===//
#ifndef PLIMSOLL_KERNELS_FACTORSUMS_H
#define PLIMSOLL_KERNELS_FACTORSUMS_H

#include "plimsoll/Kernel.h"

namespace plimsoll::cpu {

/// Writes the sums over k that the product `launch` (Matmul.cpp) asks for, if it does: of each
/// column of a factor that is stored as k rows, row by row in f64. f32, f64 and bf16.
void sumFactor(const Launch &launch);

} // namespace plimsoll::cpu

#endif // PLIMSOLL_KERNELS_FACTORSUMS_H
