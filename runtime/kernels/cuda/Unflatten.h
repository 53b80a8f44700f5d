//===- Unflatten.h - positions in three dimensions ---------------------------===//
#ifndef PLIMSOLL_CUDA_UNFLATTEN_H
#define PLIMSOLL_CUDA_UNFLATTEN_H

#include "plimsoll/Inline.h"

namespace plimsoll::cuda {

/// Computes the position of element `flat` of an array of three sizes, the last running fastest.
PLIMSOLL_INLINE void unflatten(int flat, const int *sizes, int *at) {
  at[2] = flat % sizes[2];
  int rest = flat / sizes[2];
  at[1] = rest % sizes[1];
  at[0] = rest / sizes[1];
}

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_UNFLATTEN_H
