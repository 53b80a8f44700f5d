// RUN: plimsoll-opt %s -o /dev/null --pass-pipeline='builtin.module(nn-print-factors)' | FileCheck %s

func.func @matmul(%a: tensor<4x16x64xf32>, %b: tensor<64x32xf32>, %c: tensor<4x16x32xf32>) {
  // CHECK: nn.matmul ([i, j, k], [k, l]) -> ([i, j, l]) {i = 4 free, j = 16 free, k = 64 reduced, l = 32 free}
  %0 = nn.matmul %a, %b : tensor<4x16x64xf32>, tensor<64x32xf32>
  // CHECK: nn.matmul ([i, j, k], [i, j, l]) -> ([i, k, l]) {i = 4 free, j = 16 reduced, k = 64 free, l = 32 free}
  %1 = nn.matmul %a, %c {transpose_a} : tensor<4x16x64xf32>, tensor<4x16x32xf32>
  return
}

// Parts of a sum over k would each add the bias.
func.func @matmul_plus(%a: tensor<16x64xf32>, %b: tensor<64x32xf32>, %bias: tensor<32xf32>, %x: tensor<16x32xf32>) {
  // CHECK: nn.matmul ([i, j], [j, k], [k], [i, k]) -> ([i, k]) {i = 16 free, j = 64 whole, k = 32 free}
  %0 = nn.matmul %a, %b plus %bias, %x : tensor<16x64xf32>, tensor<64x32xf32>, tensor<32xf32>, tensor<16x32xf32>
  return
}

// Scores need all features, the softmax all keys. `lse` is the same whatever features of v there are.
func.func @attention(%q: tensor<2x4x5x8xf32>, %k: tensor<2x4x6x8xf32>, %v: tensor<2x4x6x3xf32>,
                     %mask: tensor<1x4x1x6xi1>, %y: tensor<2x4x5x3xf32>, %lse: tensor<2x4x5xf32>) {
  // CHECK: nn.attention ([i, j, k, l], [i, j, m, l], [i, j, m, n], [1, j, 1, m]) -> ([i, j, k, n], [i, j, k])
  // CHECK-SAME: {i = 2 free, j = 4 free, k = 5 free, l = 8 whole, m = 6 whole, n = 3 free}
  %0:2 = nn.attention %q, %k, %v mask %mask {scale = 0.5 : f64}
      : tensor<2x4x5x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x3xf32>, tensor<1x4x1x6xi1>
  // Queries of a causal attention see as many keys as their number says.
  // CHECK: nn.attention ([i, j, k, l], {{.*}}, k = 5 ordered,
  %1:2 = nn.attention %q, %k, %v {causal, scale = 0.5 : f64}
      : tensor<2x4x5x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x3xf32>
  // The gradients of keys are sums over queries, those of queries sums over keys.
  // CHECK: nn.attention_grad ([i, j, k, l], [i, j, k, m], [i, j, n, m], [i, j, n, l], [i, j, k, l], [i, j, k])
  // CHECK-SAME: -> ([i, j, k, m], [i, j, n, m], [i, j, n, l])
  // CHECK-SAME: {i = 2 free, j = 4 free, k = 5 reduced, l = 3 reduced, m = 8 whole, n = 6 reduced}
  %2:3 = nn.attention_grad %y, %q, %k, %v, %y, %lse {scale = 0.5 : f64}
      : tensor<2x4x5x3xf32>, tensor<2x4x5x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x3xf32>,
        tensor<2x4x5x3xf32>, tensor<2x4x5xf32>
  return
}

// Keys and values with fewer heads: one that all queries share is repeated, several are groups.
func.func @grouped(%q: tensor<2x4x5x8xf32>, %one: tensor<2x1x6x8xf32>, %two: tensor<2x2x6x8xf32>,
                   %lse: tensor<2x4x5xf32>) {
  // CHECK: nn.attention ([i, j, k, l], [i, 1, m, l], [i, 1, m, n]) -> ([i, j, k, n], [i, j, k]) {i = 2 free, j = 4 free,
  %0:2 = nn.attention %q, %one, %one {scale = 0.5 : f64}
      : tensor<2x4x5x8xf32>, tensor<2x1x6x8xf32>, tensor<2x1x6x8xf32>
  // CHECK: nn.attention ([i, j, k, l], [i, m, n, l], [i, m, n, o]) -> ([i, j, k, o], [i, j, k])
  // CHECK-SAME: {i = 2 free, j = 4 whole, k = 5 free, l = 8 whole, m = 2 whole,
  %1:2 = nn.attention %q, %two, %two {scale = 0.5 : f64}
      : tensor<2x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x8xf32>
  // CHECK: nn.attention_grad {{.*}}, [i, 1, n, m], [i, 1, n, l], {{.*}} -> ([i, j, k, m], [i, o, n, m], [i, p, n, l])
  // CHECK-SAME: j = 4 reduced, {{.*}} o = 1 whole, p = 1 whole}
  %2:3 = nn.attention_grad %q, %q, %one, %one, %q, %lse {scale = 0.5 : f64}
      : tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x1x6x8xf32>, tensor<2x1x6x8xf32>,
        tensor<2x4x5x8xf32>, tensor<2x4x5xf32>
  return
}
