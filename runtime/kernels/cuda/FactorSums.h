//===- FactorSums.h - sums of a factor of a product -------------------------===//
#ifndef PLIMSOLL_CUDA_FACTORSUMS_H
#define PLIMSOLL_CUDA_FACTORSUMS_H

#include "plimsoll/Kernel.h"

namespace plimsoll::cuda {

/// Launches the sums over k that the product `launch` (cpu/Matmul.cpp) asks for, if it does.
/// Factors are f32 or bf16 and the sums f32, added in f64.
void sumFactor(const Launch &launch);

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_FACTORSUMS_H
