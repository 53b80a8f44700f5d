//===- Registry.cpp - kernels of the CUDA library by name ---------------------===//
//
// For the compiler, which asks them for workspaces, and for tests. See cpu/Registry.cpp.
//===----------------------------------------------------------------------===//
#include "plimsoll/CudaKernels.h"

#include <cstring>

namespace plimsoll {

const Kernel *cuda::findKernel(const char *name) {
  static const Kernel *const kernels[] = {
      &matmul,
      &matmul_tf32,
      &matmul_bf16,
      &cross_entropy,
      &cross_entropy_with_grad,
      &cross_entropy_grad,
      &adamw,
      &adam,
      &sgd,
      &lion,
      &adagrad,
      &rmsprop,
      &conv,
      &conv_grad_input,
      &conv_grad_weight,
      &max_pool,
      &max_pool_index,
      &max_pool_grad,
      &avg_pool,
      &avg_pool_grad,
      &batch_norm,
      &batch_norm_grad,
      &batch_norm_inference,
      &batch_norm_update,
  };
  for (const Kernel *kernel : kernels)
    if (!std::strcmp(kernel->name, name))
      return kernel;
  return nullptr;
}

} // namespace plimsoll

/// The one symbol of libplimsoll-kernels-emulator.so.
extern "C" __attribute__((visibility("default"))) const plimsoll::Kernel *
plimsoll_find_kernel(const char *name) {
  return plimsoll::cuda::findKernel(name);
}
