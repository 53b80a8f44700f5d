//===- CudaError.h - what CUDA says went wrong --------------------------------===//
#ifndef PLIMSOLL_CUDA_CUDAERROR_H
#define PLIMSOLL_CUDA_CUDAERROR_H

#include "../../core/Device.h"

#include <cuda_runtime.h>

namespace plimsoll::cuda {

/// Throws DeviceFailure: `doing` ("copy to the GPU"), CUDA's word for the error, and what to do.
[[noreturn]] void fail(const char *doing, cudaError_t error);

/// For Simt.h, which has seen a launch fail.
[[noreturn]] void launchFailed(cudaError_t error);

inline void check(const char *doing, cudaError_t error) {
  if (error != cudaSuccess)
    fail(doing, error);
}

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_CUDAERROR_H
