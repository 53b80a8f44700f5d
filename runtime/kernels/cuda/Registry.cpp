//===- Registry.cpp - kernels of the CUDA library by name ---------------------===//
//
// Used by the compiler, which asks kernels for their workspaces, and by tests; see
// cpu/Registry.cpp.
//===----------------------------------------------------------------------===//
#include "../../rules/Registry.h"
#include "plimsoll/CudaKernels.h"

namespace plimsoll {

const Kernel *cuda::findKernel(const char *name) {
  static const Kernel *const kernels[] = {
#define PLIMSOLL_CUDA_KERNEL(name, Arguments) &name,
#include "plimsoll/Kernels.inc"
  };
  return findIn(kernels, name);
}

} // namespace plimsoll

/// The only exported symbol of libplimsoll-kernels-emulator.so.
extern "C" __attribute__((visibility("default"))) const plimsoll::Kernel *
plimsoll_find_kernel(const char *name) {
  return plimsoll::cuda::findKernel(name);
}
