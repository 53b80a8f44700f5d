//===- CudaError.cpp - errors of CUDA as failures of the device ---------------===//
#include "CudaError.h"

#include "../../core/Failure.h"

namespace plimsoll::cuda {
namespace {

const char *adviceFor(cudaError_t error) {
  switch (error) {
  case cudaErrorECCUncorrectable:
    return "; a memory cell of the GPU is broken (nvidia-smi -q -d ECC): reset the GPU or use "
           "another one";
  case cudaErrorIllegalAddress:
  case cudaErrorMisalignedAddress:
  case cudaErrorLaunchFailure:
    return "; a kernel did what it must not: compile with --target=cuda:emulator, which names it, "
           "and report it";
  case cudaErrorDevicesUnavailable:
    return "; another process has the GPU to itself (nvidia-smi tells which)";
  case cudaErrorDeviceUninitialized:
  case cudaErrorSystemDriverMismatch:
  case cudaErrorSystemNotReady:
    return "; the driver is not ready (nvidia-smi tells more)";
  default:
    return "";
  }
}

} // namespace

void fail(const char *doing, cudaError_t error) {
  throw DeviceFailure(format("cannot %s: %s (%s)%s", doing, cudaGetErrorString(error),
                             cudaGetErrorName(error), adviceFor(error)));
}

void launchFailed(cudaError_t error) {
  fail("launch a kernel", error);
}

} // namespace plimsoll::cuda
