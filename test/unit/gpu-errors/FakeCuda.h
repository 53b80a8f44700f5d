//===- FakeCuda.h - a fake GPU whose properties a test sets -------------------===//
#ifndef PLIMSOLL_TEST_GPUERRORS_FAKECUDA_H
#define PLIMSOLL_TEST_GPUERRORS_FAKECUDA_H

#include <cstddef>
#include <cuda_runtime.h>

/// What the fake CUDA functions return.
struct FakeGpu {
  int devices = 1, driver = CUDART_VERSION, major = 9, minor = 0;
  cudaError_t count = cudaSuccess, use = cudaSuccess, allocation = cudaSuccess;
  size_t free = 0, total = 0;
};
extern FakeGpu fakeGpu;

#endif // PLIMSOLL_TEST_GPUERRORS_FAKECUDA_H
