// RUN: plimsoll-opt %s --nn-build-step=optimizer=sgd --mlir-print-debuginfo --mlir-use-nameloc-as-prefix | FileCheck %s

// The phase of an op is in its location, with the user's node inside, because later rewrites keep
// locations.
nn.parameter @w : tensor<4x4xf32> {trainable}

// CHECK-LABEL: func.func @train
func.func @forward(%x: tensor<2x4xf32>) -> tensor<f32> {
  %w = nn.load @w : tensor<4x4xf32>
  // CHECK: nn.matmul %{{.*}} loc(#[[FORWARD:.*]])
  %y = nn.matmul %x, %w : tensor<2x4xf32>, tensor<4x4xf32> loc("node")
  %z = nn.reduce_sum %y {axes = array<i64: 0, 1>} : tensor<2x4xf32> loc("sum")
  // CHECK: nn.matmul %{{.*}} {transpose_a} {{.*}} loc(#[[BACKWARD:.*]])
  // CHECK: nn.sgd_plain {{.*}} loc(#[[UPDATE:.*]])
  return %z : tensor<f32>
}
// CHECK-DAG: #[[NODE:.*]] = loc("node")
// CHECK-DAG: #[[FORWARD]] = loc(fused<#nn.phase<forward values = 0>>[#[[NODE]]])
// CHECK-DAG: #[[BACKWARD]] = loc(fused<#nn.phase<backward>>[#[[NODE]]])
// CHECK-DAG: #[[UPDATE]] = loc(fused<#nn.phase<update>>[
