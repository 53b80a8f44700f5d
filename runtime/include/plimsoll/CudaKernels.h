//===- CudaKernels.h - the kernels of the CUDA library, by name -------------===//
//
// The same names, buffers, sizes and scalars as those of Kernels.h: the header comment of the
// CPU's file in runtime/kernels tells them. Pointers are into the device's arena. A workspace,
// where a kernel here needs one, is its last buffer.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CUDAKERNELS_H
#define PLIMSOLL_CUDAKERNELS_H

#include "../../backends/cuda/Four.h"
#include "../../backends/cuda/Sums.h"
#include "plimsoll/Kernel.h"

namespace plimsoll::cuda {

/// Where the launch has its place in the order of the device.
inline Stream streamOf(const Launch &launch) {
  return static_cast<Stream>(launch.stream);
}

extern const Kernel matmul;
extern const Kernel matmul_tf32, matmul_bf16; ///< factors rounded so, sums in f32
extern const Kernel cross_entropy, cross_entropy_with_grad, cross_entropy_grad;
extern const Kernel conv, conv_grad_input, conv_grad_weight;
extern const Kernel conv_tf32, conv_grad_input_tf32, conv_grad_weight_tf32; ///< factors so
extern const Kernel conv_bf16, conv_grad_input_bf16, conv_grad_weight_bf16;
extern const Kernel max_pool, max_pool_index, max_pool_grad, avg_pool, avg_pool_grad;
extern const Kernel batch_norm, batch_norm_grad, batch_norm_inference, batch_norm_update;
extern const Kernel layer_norm, layer_norm_grad_input, layer_norm_grad_params;
extern const Kernel softmax, softmax_grad, log_softmax;
extern const Kernel attention, attention_grad;
extern const Kernel attention_bf16, attention_grad_bf16; ///< factors of products rounded so
extern const Kernel gather, gather_grad;
extern const Kernel gather_elements, scatter_elements;
extern const Kernel reduce, reduce_prod_grad, arg_reduce;
extern const Kernel cum_sum, top_k;
extern const Kernel kl_divergence, kl_divergence_grad;
extern const Kernel pointwise_loss, pointwise_loss_grad;
extern const Kernel accumulate, sum_squares, clip_by_norm;
extern const Kernel dropout, random_numbers;
extern const Kernel concat, split, copy;
extern const Kernel adamw, adam, sgd, lion, adagrad, rmsprop;

/// The kernel called `name`, or null.
const Kernel *findKernel(const char *name);

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDAKERNELS_H
