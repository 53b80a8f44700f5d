// RUN: plimsoll-opt %s --nn-assign-precision --cse | FileCheck %s

// A factor is rounded once, before it is transposed; values that only products read stay in bf16.
// CHECK-LABEL: @moved
// CHECK: %[[X:.*]] = nn.cast %arg0 {to = bf16}
// CHECK: %[[T:.*]] = nn.transpose %[[X]] {{.*}} : tensor<2x4x8xbf16>
// CHECK: %[[R:.*]] = nn.reshape %[[T]] : tensor<4x2x8xbf16> to tensor<8x8xbf16>
// CHECK: %[[W:.*]] = nn.cast %arg1 {to = bf16}
// CHECK: %[[Y:.*]] = nn.matmul %[[R]], %[[W]] : tensor<8x8xbf16>, tensor<8x16xbf16>
// CHECK: return %[[Y]] : tensor<8x16xf32>
func.func @moved(%x: tensor<2x4x8xf32>, %w: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %t = nn.transpose %x {permutation = array<i64: 1, 0, 2>} : tensor<2x4x8xf32>
  %r = nn.reshape %t : tensor<4x2x8xf32> to tensor<8x8xf32>
  %y = nn.matmul %r, %w : tensor<8x8xf32>, tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}

// Both products of a gradient read one rounded dy; its sum reads dy itself. A reshape costs
// nothing, so the cast goes above it though the sum reads it too.
// CHECK-LABEL: @shared
// CHECK: %[[D:.*]] = nn.cast %arg0 {to = bf16}
// CHECK-NOT: nn.cast %arg0
// CHECK-DAG: %[[R:.*]] = nn.reshape %[[D]]
// CHECK-DAG: %[[S:.*]] = nn.reshape %arg0
// CHECK-DAG: nn.matmul %[[R]], {{.*}}transpose_a
// CHECK-DAG: nn.matmul %[[D]], {{.*}}transpose_b
// CHECK-DAG: nn.reduce_sum %[[S]]
func.func @shared(%dy: tensor<2x4x8xf32>, %x: tensor<8x16xf32>, %w: tensor<16x8xf32>)
    -> (tensor<8x16xf32>, tensor<2x4x16xf32>, tensor<8xf32>) {
  %r = nn.reshape %dy : tensor<2x4x8xf32> to tensor<8x8xf32>
  %dw = nn.matmul %r, %x {transpose_a} : tensor<8x8xf32>, tensor<8x16xf32>
  %dx = nn.matmul %dy, %w {transpose_b} : tensor<2x4x8xf32>, tensor<16x8xf32>
  %db = nn.reduce_sum %r {axes = array<i64: 0>} : tensor<8x8xf32>
  return %dw, %dx, %db : tensor<8x16xf32>, tensor<2x4x16xf32>, tensor<8xf32>
}

// A transposed value that others read in f32 is transposed in f32.
// CHECK-LABEL: @read_by_others
// CHECK: %[[T:.*]] = nn.transpose %arg0 {{.*}} : tensor<4x8x2xf32>
// CHECK: nn.cast %[[T]] {to = bf16}
func.func @read_by_others(%x: tensor<4x8x2xf32>, %w: tensor<8x2xf32>)
    -> (tensor<8x4x2xf32>, tensor<8x4x8xf32>) {
  %t = nn.transpose %x {permutation = array<i64: 1, 0, 2>} : tensor<4x8x2xf32>
  %y = nn.matmul %t, %w {transpose_b} : tensor<8x4x2xf32>, tensor<8x2xf32>
  return %t, %y : tensor<8x4x2xf32>, tensor<8x4x8xf32>
}

// The parts of a split are rounded before it, by one cast. Attention's result is rounded, and the
// next product and the gradient read the rounded one; sums and gradients are f32.
// CHECK-LABEL: @attention
// CHECK: %[[C:.*]] = nn.cast %arg0 {to = bf16}
// CHECK: %[[P:.*]]:3 = nn.split %[[C]]
// CHECK: %[[Y:.*]], %[[LSE:.*]] = nn.attention %[[P]]#0, %[[P]]#1, %[[P]]#2
// CHECK: nn.matmul %[[Y]], {{.*}} : tensor<1x2x4x8xbf16>, tensor<8x8xbf16>
// CHECK: %[[D:.*]] = nn.cast %arg1 {to = bf16}
// CHECK: %[[G:.*]], %{{.*}}, %{{.*}} = nn.attention_grad %[[D]], %[[P]]#0, %[[P]]#1, %[[P]]#2, %[[Y]], %[[LSE]]
// CHECK: return %{{.*}}, %[[G]] : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>
func.func @attention(%qkv: tensor<1x2x4x24xf32>, %dy: tensor<1x2x4x8xf32>, %w: tensor<8x8xf32>)
    -> (tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>) {
  %q, %k, %v = nn.split %qkv {axis = 3 : i64, sizes = array<i64: 8, 8, 8>} : tensor<1x2x4x24xf32>
  %y, %lse = nn.attention %q, %k, %v {causal, scale = 0.5 : f64}
      : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>
  %o = nn.matmul %y, %w : tensor<1x2x4x8xf32>, tensor<8x8xf32>
  %dq, %dk, %dv = nn.attention_grad %dy, %q, %k, %v, %y, %lse {causal, scale = 0.5 : f64}
      : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>,
        tensor<1x2x4x8xf32>, tensor<1x2x4xf32>
  return %o, %dq : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>
}
