//===- MatmulPlain.h - matrix product in f64, for checks of gradients -------===//
#ifndef PLIMSOLL_KERNELS_CPU_MATMULPLAIN_H
#define PLIMSOLL_KERNELS_CPU_MATMULPLAIN_H

#include "plimsoll/Kernel.h"

namespace plimsoll::plain {

/// Runs a launch of matmul (Matmul.cpp) on f64, without a workspace. One thread computes a whole
/// row of the result; an element is one sum over k in order.
void multiply(const Launch &launch);

} // namespace plimsoll::plain

#endif // PLIMSOLL_KERNELS_CPU_MATMULPLAIN_H
