//===- Kernels.h - the kernels of the library, by name ----------------------===//
//
// Emitted programs name kernels as objects, so that a program links only what it
// uses. Operands, sizes and scalars of each: the header comment of its file in
// runtime/kernels. Data is f32 unless that says otherwise, indices and labels are i64.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNELS_H
#define PLIMSOLL_KERNELS_H

#include "plimsoll/Kernel.h"

namespace plimsoll {

extern const Kernel matmul;
extern const Kernel matmul_f64;
extern const Kernel matmul_onednn; ///< in libplimsoll-onednn-*.a, needs libdnnl
extern const Kernel layer_norm, layer_norm_grad_input, layer_norm_grad_params;
extern const Kernel softmax, softmax_grad, log_softmax;
extern const Kernel attention, attention_grad;
extern const Kernel cross_entropy, cross_entropy_with_grad, cross_entropy_grad;
extern const Kernel gather, gather_grad;
extern const Kernel gather_elements, scatter_elements;
extern const Kernel reduce, reduce_prod_grad, arg_reduce;
extern const Kernel cum_sum, top_k;
extern const Kernel kl_divergence, kl_divergence_grad;
extern const Kernel pointwise_loss, pointwise_loss_grad;
extern const Kernel adamw, adam, sgd, lion, adagrad, rmsprop;
extern const Kernel accumulate, sum_squares, clip_by_norm;
extern const Kernel conv, conv_grad_input, conv_grad_weight;
extern const Kernel dropout, random_numbers;
extern const Kernel max_pool, max_pool_index, max_pool_grad, avg_pool, avg_pool_grad;
extern const Kernel batch_norm, batch_norm_grad, batch_norm_inference, batch_norm_update;
extern const Kernel concat, split, copy;

} // namespace plimsoll

#endif // PLIMSOLL_KERNELS_H
