//===- Registry.cpp - kernels by name ---------------------------------------===//
//
// For the compiler, which loads the kernels as a shared library, and for tests.
// A file of its own: an emitted program names its kernels as objects and must not
// be made to link the others (oneDNN among them).
//===----------------------------------------------------------------------===//
#include "../Registry.h"
#include "plimsoll/Kernels.h"

namespace plimsoll {

const Kernel *findKernel(const char *name) {
  static const Kernel *const kernels[] = {
      &matmul,
      &matmul_f64,
#ifdef PLIMSOLL_HAVE_ONEDNN
      &matmul_onednn,
#endif
      &layer_norm,
      &layer_norm_grad_input,
      &layer_norm_grad_params,
      &softmax,
      &softmax_grad,
      &log_softmax,
      &attention,
      &attention_grad,
      &cross_entropy,
      &cross_entropy_with_grad,
      &cross_entropy_grad,
      &gather,
      &gather_grad,
      &gather_elements,
      &scatter_elements,
      &reduce,
      &reduce_prod_grad,
      &arg_reduce,
      &cum_sum,
      &top_k,
      &kl_divergence,
      &kl_divergence_grad,
      &pointwise_loss,
      &pointwise_loss_grad,
      &adamw,
      &adam,
      &sgd,
      &lion,
      &adagrad,
      &rmsprop,
      &accumulate,
      &sum_squares,
      &clip_by_norm,
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
      &dropout,
      &random_numbers,
      &concat,
      &split,
      &copy,
  };
  return findIn(kernels, name);
}

} // namespace plimsoll

/// The one symbol of libplimsoll-kernels-*.so.
extern "C" __attribute__((visibility("default"))) const plimsoll::Kernel *
plimsoll_find_kernel(const char *name) {
  return plimsoll::findKernel(name);
}
