//===- CudaError.h - errors of CUDA as failures of the device -----------------===//
#ifndef PLIMSOLL_CUDA_CUDAERROR_H
#define PLIMSOLL_CUDA_CUDAERROR_H

#include "../../core/Device.h"

#include <cuda_runtime.h>

namespace plimsoll::cuda {

/// Throws DeviceFailure with `doing` ("copy to the GPU"), CUDA's name of the error, and advice.
[[noreturn]] void fail(const char *doing, cudaError_t error);

/// Called by Simt.h if a launch failed. Throws DeviceFailure.
[[noreturn]] void launchFailed(cudaError_t error);

inline void check(const char *doing, cudaError_t error) {
  if (error != cudaSuccess)
    fail(doing, error);
}

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_CUDAERROR_H
