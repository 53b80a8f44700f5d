//===- FakeCuda.cpp - a fake GPU whose properties a test sets -----------------===//
#include "FakeCuda.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

FakeGpu fakeGpu;

extern "C" {

cudaError_t cudaGetDeviceCount(int *count) {
  *count = fakeGpu.devices;
  return fakeGpu.count;
}
cudaError_t cudaDriverGetVersion(int *version) {
  *version = fakeGpu.driver;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int) {
  return fakeGpu.use;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int) {
  std::memset(properties, 0, sizeof *properties);
  std::snprintf(properties->name, sizeof properties->name, "Fake GPU");
  properties->major = fakeGpu.major, properties->minor = fakeGpu.minor;
  return cudaSuccess;
}
cudaError_t cudaMalloc(void **address, size_t bytes) {
  *address = fakeGpu.allocation == cudaSuccess ? std::calloc(1, bytes) : nullptr;
  return fakeGpu.allocation;
}
cudaError_t cudaFree(void *address) {
  std::free(address);
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(size_t *free, size_t *total) {
  *free = fakeGpu.free, *total = fakeGpu.total;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetPCIBusId(char *text, int size, int) {
  std::snprintf(text, size, "0000:00:00.0");
  return cudaSuccess;
}
const char *cudaGetErrorString(cudaError_t) {
  return "CUDA's words";
}
const char *cudaGetErrorName(cudaError_t) {
  return "cudaErrorName";
}

} // extern "C"
