// RUN: plimsoll-opt %s -o /dev/null --pass-pipeline='builtin.module(nn-print-factors)' | FileCheck %s

func.func @rows(%x: tensor<4x8xf32>, %n: tensor<4x8xi64>, %dy: tensor<4xf32>) {
  // CHECK: nn.softmax ([i, j]) -> ([i, j]) {i = 4 free, j = 8 whole}
  %0 = nn.softmax %x : tensor<4x8xf32>
  // CHECK: nn.softmax_grad ([i, j], [i, j]) -> ([i, j]) {i = 4 free, j = 8 whole}
  %1 = nn.softmax_grad %x, %x : tensor<4x8xf32>, tensor<4x8xf32>
  // CHECK: nn.cum_sum ([i, j]) -> ([i, j]) {i = 4 free, j = 8 ordered}
  %2 = nn.cum_sum %x : tensor<4x8xf32>
  // Parts of a sum add up, those of a maximum do not.
  // CHECK: nn.reduce ([i, j]) -> ([i]) {i = 4 free, j = 8 reduced}
  %3 = nn.reduce sum %n : tensor<4x8xi64>
  // CHECK: nn.reduce ([i, j]) -> ([i]) {i = 4 free, j = 8 whole}
  %4 = nn.reduce max %x : tensor<4x8xf32>
  // CHECK: nn.reduce_prod_grad ([i], [i, j]) -> ([i, j]) {i = 4 free, j = 8 whole}
  %5 = nn.reduce_prod_grad %dy, %x : tensor<4xf32>, tensor<4x8xf32>
  // CHECK: nn.top_k ([i, j]) -> ([i, k], [i, k]) {i = 4 free, j = 8 whole, k = 3 whole}
  %6:2 = nn.top_k %x {k = 3 : i64} : tensor<4x8xf32>
  return
}

func.func @rotary(%x: tensor<4x16x8x64xf32>, %t: tensor<1x16x1x64xf32>) {
  // CHECK: nn.rotary ([i, j, k, l], [1, j, 1, l], [1, j, 1, l]) -> ([i, j, k, l]) {i = 4 free, j = 16 free, k = 8 free, l = 64 whole}
  %0 = nn.rotary %x, %t, %t : tensor<4x16x8x64xf32>, tensor<1x16x1x64xf32>
  return
}
