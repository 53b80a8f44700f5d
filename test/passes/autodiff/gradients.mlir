// RUN: plimsoll-opt %s --nn-build-step=optimizer=sgd --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s
// RUN: plimsoll-opt %s --nn-build-step=optimizer=sgd --mlir-print-debuginfo --mlir-print-local-scope | plimsoll-opt --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s
// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(nn-build-step{optimizer=sgd},func.func(nn-assign-precision))' --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s --check-prefix=ROUNDED
// RUN: plimsoll-opt %s --nn-build-step=accumulate=2 --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s --check-prefix=MICRO

// Autodiff numbers the forward values that have a gradient, and records at the ops that complete
// gradients which of their results are whose, also for ops of one node with results of one type. A
// reshape is a view, so the gradient of what it reads is recorded at the op behind it.
nn.parameter @w : tensor<4x4xf32> {trainable}

// CHECK-LABEL: func.func @train
// ROUNDED-LABEL: func.func @train
func.func @forward(%x: tensor<2x4xf32>, %z: tensor<2x4xf32>) -> tensor<f32> {
  // CHECK: nn.load @w {{.*}} loc("weight")
  %w = nn.load @w : tensor<4x4xf32> loc("weight")
  // CHECK: nn.matmul {{.*}} loc(fused<#nn.phase<forward values = 0>>["product"])
  // A rounded copy of a value is not the value.
  // ROUNDED: nn.cast {{.*}} loc("weight")
  // ROUNDED: nn.matmul {{.*}} loc(fused<#nn.phase<forward values = 0>>["product"])
  %y = nn.matmul %x, %w : tensor<2x4xf32>, tensor<4x4xf32> loc("product")
  // CHECK: nn.tanh {{.*}} loc(fused<#nn.phase<forward values = 1>>["both"])
  %a = nn.tanh %y : tensor<2x4xf32> loc("both")
  // CHECK: nn.exp {{.*}} loc(fused<#nn.phase<forward values = 2>>["both"])
  %b = nn.exp %a : tensor<2x4xf32> loc("both")
  // CHECK: nn.reshape {{.*}} loc("view")
  %v = nn.reshape %b : tensor<2x4xf32> to tensor<8xf32> loc("view")
  // CHECK: nn.split {{.*}} loc(fused<#nn.phase<forward values = 3>>["halves"])
  %p, %q = nn.split %v {axis = 0 : i64, sizes = array<i64: 4, 4>} : tensor<8xf32> loc("halves")
  // CHECK: nn.add {{.*}} loc(fused<#nn.phase<forward values = 5>>["sum"])
  %s = nn.add %p, %q : tensor<4xf32>, tensor<4xf32> loc("sum")
  // Nothing that is trained has an influence on this one.
  // CHECK: nn.exp {{.*}} loc("other")
  %o = nn.exp %z : tensor<2x4xf32> loc("other")
  // CHECK: nn.reduce_sum {{.*}} loc(fused<#nn.phase<forward values = 6>>["loss"])
  %loss = nn.reduce_sum %s {axes = array<i64: 0>} : tensor<4xf32> loc("loss")

  // The gradient of a sum is that of its terms.
  // CHECK: nn.broadcast {{.*}} loc(fused<#nn.phase<backward gradients = [0 : 3, 0 : 4, 0 : 5]>>["loss"])
  // CHECK: nn.concat {{.*}} loc(fused<#nn.phase<backward gradients = [0 : 2]>>["halves"])
  // CHECK: nn.reshape {{.*}} loc(fused<#nn.phase<backward>>["view"])
  // CHECK: nn.mul {{.*}} loc(fused<#nn.phase<backward gradients = [0 : 1]>>["both"])
  // CHECK: nn.tanh_grad {{.*}} loc(fused<#nn.phase<backward gradients = [0 : 0]>>["both"])
  // ROUNDED: nn.tanh_grad {{.*}} loc(fused<#nn.phase<backward gradients = [0 : 0]>>["both"])
  // ROUNDED: nn.cast {{.*}} loc(fused<#nn.phase<backward>>["both"])
  // CHECK: nn.matmul {{.*}} loc(fused<#nn.phase<backward>>["product"])
  // CHECK: nn.sgd_plain {{.*}} loc(fused<#nn.phase<update>>[
  return %loss : tensor<f32>
}

// A micro-batch is a copy of the step, and its values have the same numbers.
// MICRO-LABEL: func.func @accumulate
// MICRO: nn.matmul {{.*}} loc(fused<#nn.phase<forward values = 0>>["product"])
// MICRO: nn.concat {{.*}} loc(fused<#nn.phase<backward gradients = [0 : 2]>>["halves"])
