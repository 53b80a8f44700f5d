// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// CHECK-LABEL: func.func @matmul
func.func @matmul(%a: tensor<4x16x64xf32>, %b: tensor<64x32xf32>, %bt: tensor<32x64xf32>, %c: tensor<4x16x32xf32>) -> (tensor<4x16x32xf32>, tensor<4x16x32xf32>, tensor<4x64x32xf32>) {
  // CHECK: nn.matmul %{{.*}}, %{{.*}} : tensor<4x16x64xf32>, tensor<64x32xf32>
  %0 = nn.matmul %a, %b : tensor<4x16x64xf32>, tensor<64x32xf32>
  // CHECK: nn.matmul %{{.*}}, %{{.*}} {transpose_b} : tensor<4x16x64xf32>, tensor<32x64xf32>
  %1 = nn.matmul %a, %bt {transpose_b} : tensor<4x16x64xf32>, tensor<32x64xf32>
  // CHECK: nn.matmul %{{.*}}, %{{.*}} {transpose_a} : tensor<4x16x64xf32>, tensor<4x16x32xf32>
  %2 = nn.matmul %a, %c {transpose_a} : tensor<4x16x64xf32>, tensor<4x16x32xf32>
  return %0, %1, %2 : tensor<4x16x32xf32>, tensor<4x16x32xf32>, tensor<4x64x32xf32>
}

// CHECK-LABEL: func.func @matmul_plus
func.func @matmul_plus(%a: tensor<4x16x64xf32>, %b: tensor<64x32xf32>, %bias: tensor<32xf32>, %x: tensor<4x16x32xf32>) {
  // CHECK: nn.matmul %{{.*}}, %{{.*}} plus %{{.*}} : tensor<4x16x64xf32>, tensor<64x32xf32>, tensor<32xf32>
  %0 = nn.matmul %a, %b plus %bias : tensor<4x16x64xf32>, tensor<64x32xf32>, tensor<32xf32>
  // CHECK: nn.matmul %{{.*}}, %{{.*}} plus %{{.*}} : tensor<4x16x64xf32>, tensor<64x32xf32>, tensor<4x16x32xf32>
  %1 = nn.matmul %a, %b plus %x : tensor<4x16x64xf32>, tensor<64x32xf32>, tensor<4x16x32xf32>
  // CHECK: nn.matmul %{{.*}}, %{{.*}} plus %{{.*}}, %{{.*}} : tensor<4x16x64xf32>, tensor<64x32xf32>, tensor<32xf32>, tensor<4x16x32xf32>
  %2 = nn.matmul %a, %b plus %bias, %x : tensor<4x16x64xf32>, tensor<64x32xf32>, tensor<32xf32>, tensor<4x16x32xf32>
  return
}

// CHECK-LABEL: func.func @softmax
func.func @softmax(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  // CHECK: nn.softmax %{{.*}} : tensor<4x8xf32>
  %0 = nn.softmax %x : tensor<4x8xf32>
  // CHECK: nn.softmax_grad %{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<4x8xf32>
  %1 = nn.softmax_grad %x, %0 : tensor<4x8xf32>, tensor<4x8xf32>
  return %0, %1 : tensor<4x8xf32>, tensor<4x8xf32>
}

// Eight heads of q share four of k and v; v has another number of features.
// CHECK-LABEL: func.func @attention
func.func @attention(%q: tensor<2x8x16x64xf32>, %k: tensor<2x4x10x64xf32>, %v: tensor<2x4x10x32xf32>, %mask: tensor<1x1x16x10xi1>) -> (tensor<2x8x16x32xf32>, tensor<2x8x16xf32>, tensor<2x8x16x32xf32>, tensor<2x8x16xf32>, tensor<2x8x16x64xf32>, tensor<2x4x10x64xf32>, tensor<2x4x10x32xf32>) {
  // CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} {scale = 1.250000e-01 : f64} : tensor<2x8x16x64xf32>, tensor<2x4x10x64xf32>, tensor<2x4x10x32xf32>
  %0, %1 = nn.attention %q, %k, %v {scale = 1.250000e-01 : f64} : tensor<2x8x16x64xf32>, tensor<2x4x10x64xf32>, tensor<2x4x10x32xf32>
  // CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} mask %{{.*}} {causal, scale = 1.250000e-01 : f64} : tensor<2x8x16x64xf32>, tensor<2x4x10x64xf32>, tensor<2x4x10x32xf32>, tensor<1x1x16x10xi1>
  %2, %3 = nn.attention %q, %k, %v mask %mask {causal, scale = 1.250000e-01 : f64} : tensor<2x8x16x64xf32>, tensor<2x4x10x64xf32>, tensor<2x4x10x32xf32>, tensor<1x1x16x10xi1>
  // CHECK: nn.attention_grad %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} mask %{{.*}} {scale = 1.250000e-01 : f64} : tensor<2x8x16x32xf32>, tensor<2x8x16x64xf32>, tensor<2x4x10x64xf32>, tensor<2x4x10x32xf32>, tensor<2x8x16x32xf32>, tensor<2x8x16xf32>, tensor<1x1x16x10xi1>
  %4, %5, %6 = nn.attention_grad %0, %q, %k, %v, %0, %1 mask %mask {scale = 1.250000e-01 : f64} : tensor<2x8x16x32xf32>, tensor<2x8x16x64xf32>, tensor<2x4x10x64xf32>, tensor<2x4x10x32xf32>, tensor<2x8x16x32xf32>, tensor<2x8x16xf32>, tensor<1x1x16x10xi1>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<2x8x16x32xf32>, tensor<2x8x16xf32>, tensor<2x8x16x32xf32>, tensor<2x8x16xf32>, tensor<2x8x16x64xf32>, tensor<2x4x10x64xf32>, tensor<2x4x10x32xf32>
}

// CHECK-LABEL: func.func @heads_inner
func.func @heads_inner(%q: tensor<2x16x8x64xf32>) -> (tensor<2x16x8x64xf32>, tensor<2x8x16xf32>) {
  // CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} {heads_inner, scale = 1.000000e+00 : f64} : tensor<2x16x8x64xf32>, tensor<2x16x8x64xf32>, tensor<2x16x8x64xf32>
  %0, %1 = nn.attention %q, %q, %q {heads_inner, scale = 1.000000e+00 : f64} : tensor<2x16x8x64xf32>, tensor<2x16x8x64xf32>, tensor<2x16x8x64xf32>
  return %0, %1 : tensor<2x16x8x64xf32>, tensor<2x8x16xf32>
}
