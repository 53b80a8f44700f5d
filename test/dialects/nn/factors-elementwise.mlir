// RUN: plimsoll-opt %s -o /dev/null --pass-pipeline='builtin.module(nn-print-factors)' | FileCheck %s

// Every dimension is free; what is broadcast is 1 on the operand that lacks it.
func.func @elementwise(%a: tensor<4x8xf32>, %b: tensor<8xf32>, %c: tensor<4x1xf32>, %s: tensor<f32>) {
  // CHECK: nn.tanh ([i, j]) -> ([i, j]) {i = 4 free, j = 8 free}
  %0 = nn.tanh %a : tensor<4x8xf32>
  // CHECK: nn.add ([i, j], [j]) -> ([i, j]) {i = 4 free, j = 8 free}
  %1 = nn.add %a, %b : tensor<4x8xf32>, tensor<8xf32>
  // CHECK: nn.mul ([i, 1], [j]) -> ([i, j]) {i = 4 free, j = 8 free}
  %2 = nn.mul %c, %b : tensor<4x1xf32>, tensor<8xf32>
  // CHECK: nn.sub ([], [i, j]) -> ([i, j]) {i = 4 free, j = 8 free}
  %3 = nn.sub %s, %a : tensor<f32>, tensor<4x8xf32>
  // CHECK: nn.neg ([]) -> ([]) {}
  %4 = nn.neg %s : tensor<f32>
  return
}

// A dropout's element counts all elements before it.
func.func @random(%x: tensor<4x8xf32>, %hyper: tensor<16xf32>) {
  // CHECK: nn.dropout ([i, j], [k]) -> ([i, j]) {i = 4 ordered, j = 8 ordered, k = 16 whole}
  %0 = nn.dropout %x, %hyper {stream = 3 : i32, p = 0.1 : f64} : tensor<4x8xf32>, tensor<16xf32>
  // CHECK: nn.random ([i]) -> ([j, k]) {i = 16 whole, j = 4 ordered, k = 8 ordered}
  %1 = nn.random uniform %hyper {stream = 4 : i32} : (tensor<16xf32>) -> tensor<4x8xf32>
  return
}
