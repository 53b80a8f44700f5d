//===- Registry.cpp - kernels of the CUDA library by name ---------------------===//
//
// For the compiler, which asks them for workspaces, and for tests. See cpu/Registry.cpp.
//===----------------------------------------------------------------------===//
#include "../Registry.h"
#include "plimsoll/CudaKernels.h"

namespace plimsoll {

const Kernel *cuda::findKernel(const char *name) {
  static const Kernel *const kernels[] = {
      &matmul,
      &matmul_tf32,
      &matmul_bf16,
      &cross_entropy,
      &cross_entropy_with_grad,
      &cross_entropy_grad,
      &layer_norm,
      &layer_norm_grad_input,
      &layer_norm_grad_params,
      &softmax,
      &softmax_grad,
      &log_softmax,
      &attention,
      &attention_grad,
      &attention_bf16,
      &attention_grad_bf16,
      &gather,
      &gather_grad,
      &reduce,
      &reduce_prod_grad,
      &arg_reduce,
      &cum_sum,
      &top_k,
      &gather_elements,
      &scatter_elements,
      &kl_divergence,
      &kl_divergence_grad,
      &pointwise_loss,
      &pointwise_loss_grad,
      &accumulate,
      &sum_squares,
      &clip_by_norm,
      &conv,
      &conv_grad_input,
      &conv_grad_weight,
      &conv_tf32,
      &conv_grad_input_tf32,
      &conv_grad_weight_tf32,
      &conv_bf16,
      &conv_grad_input_bf16,
      &conv_grad_weight_bf16,
      &max_pool,
      &max_pool_index,
      &max_pool_grad,
      &avg_pool,
      &avg_pool_grad,
      &batch_norm,
      &batch_norm_grad,
      &batch_norm_inference,
      &batch_norm_update,
      &dropout,
      &random_numbers,
      &concat,
      &split,
      &copy,
      &adamw,
      &adam,
      &sgd,
      &lion,
      &adagrad,
      &rmsprop,
  };
  return findIn(kernels, name);
}

} // namespace plimsoll

/// The one symbol of libplimsoll-kernels-emulator.so.
extern "C" __attribute__((visibility("default"))) const plimsoll::Kernel *
plimsoll_find_kernel(const char *name) {
  return plimsoll::cuda::findKernel(name);
}
