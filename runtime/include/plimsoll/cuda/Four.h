//===- Four.h - four neighbours as one access -------------------------------===//
#ifndef PLIMSOLL_CUDA_FOUR_H
#define PLIMSOLL_CUDA_FOUR_H

#include "plimsoll/cuda/Simt.h"

namespace plimsoll::cuda {

/// Elements i to i + 3 where i is a multiple of 4; two accesses of 16 bytes for f64 and i64.
template <typename T> struct alignas(sizeof(T) < 4 ? 4 * sizeof(T) : 16) Four {
  T at[4];
};

template <typename T> __device__ __forceinline__ Four<T> loadFour(const T *address) {
  checkVector(address, alignof(Four<T>));
  return *reinterpret_cast<const Four<T> *>(address);
}

template <typename T> __device__ __forceinline__ void storeFour(T *address, const Four<T> &four) {
  checkVector(address, alignof(Four<T>));
  *reinterpret_cast<Four<T> *>(address) = four;
}

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_FOUR_H
