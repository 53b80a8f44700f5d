// RUN: plimsoll-opt %s -o /dev/null --pass-pipeline='builtin.module(nn-print-factors)' | FileCheck %s

func.func @moved(%x: tensor<2x3x4xf32>, %y: tensor<2x5x4xf32>) {
  // CHECK: nn.transpose ([i, j, k]) -> ([k, i, j]) {i = 2 free, j = 3 free, k = 4 free}
  %0 = nn.transpose %x {permutation = array<i64: 2, 0, 1>} : tensor<2x3x4xf32>
  // CHECK: nn.broadcast ([i, j, k]) -> ([l, i, j, k]) {i = 2 free, j = 3 free, k = 4 free, l = 7 free}
  %1 = nn.broadcast %x : tensor<2x3x4xf32> to tensor<7x2x3x4xf32>
  // CHECK: nn.concat ([i, j, k], [i, l, k]) -> ([i, m, k]) {i = 2 free, j = 3 ordered, k = 4 free, l = 5 ordered, m = 8 ordered}
  %2 = nn.concat %x, %y {axis = 1 : i64} : tensor<2x3x4xf32>, tensor<2x5x4xf32>
  // CHECK: nn.split ([i, j, k]) -> ([i, l, k], [i, m, k]) {i = 2 free, j = 3 ordered, k = 4 free, l = 1 ordered, m = 2 ordered}
  %3:2 = nn.split %x {axis = 1 : i64, sizes = array<i64: 1, 2>} : tensor<2x3x4xf32>
  // CHECK: nn.reduce_sum ([i, j, k]) -> ([j]) {i = 2 reduced, j = 3 free, k = 4 reduced}
  %4 = nn.reduce_sum %x {axes = array<i64: 0, 2>} : tensor<2x3x4xf32>
  return
}

// What stays a dimension is free; what becomes part of one, or several, is numbered otherwise.
func.func @reshape(%x: tensor<2x3x4xf32>, %z: tensor<4x6xf32>) {
  // CHECK: nn.reshape ([i, j, k]) -> ([i, l, m]) {i = 2 free, j = 3 ordered, k = 4 ordered, l = 1 ordered, m = 12 ordered}
  %0 = nn.reshape %x : tensor<2x3x4xf32> to tensor<2x1x12xf32>
  // CHECK: nn.reshape ([i, j]) -> ([k, l]) {i = 4 ordered, j = 6 ordered, k = 2 ordered, l = 12 ordered}
  %1 = nn.reshape %z : tensor<4x6xf32> to tensor<2x12xf32>
  return
}

func.func @indexed(%table: tensor<9x4xf32>, %rows: tensor<2x3xi64>, %dy: tensor<2x3x4xf32>,
                   %x: tensor<2x5xf32>, %i: tensor<2x3xi64>, %u: tensor<2x3xf32>,
                   %flat: tensor<6x4xf32>, %list: tensor<6xi64>) {
  // CHECK: nn.gather ([i, j], [k, l]) -> ([k, l, j]) {i = 9 data, j = 4 free, k = 2 free, l = 3 free}
  %0 = nn.gather %table, %rows {axis = 0 : i64} : tensor<9x4xf32>, tensor<2x3xi64>
  // CHECK: nn.gather_grad ([i, j, k], [i, j]) -> ([l, k]) {i = 2 reduced, j = 3 reduced, k = 4 free, l = 9 data}
  %1 = nn.gather_grad %dy, %rows {axis = 0 : i64} : tensor<2x3x4xf32>, tensor<2x3xi64> to tensor<9x4xf32>
  // CHECK: nn.gather_grad_rows ([i, j], [i]) -> ([i], [i, j]) {i = 6 whole, j = 4 free}
  %rows_of, %sums = nn.gather_grad_rows %flat, %list {table_rows = 9 : i64} : tensor<6x4xf32>, tensor<6xi64>
  // CHECK: nn.gather_elements ([i, j], [i, k]) -> ([i, k]) {i = 2 free, j = 5 data, k = 3 free}
  %2 = nn.gather_elements %x, %i {axis = 1 : i64} : tensor<2x5xf32>, tensor<2x3xi64>
  // CHECK: nn.scatter_elements ([i, j], [i, k], [i, k]) -> ([i, j]) {i = 2 free, j = 5 data, k = 3 ordered}
  %3 = nn.scatter_elements replace %x, %i, %u {axis = 1 : i64}
      : tensor<2x5xf32>, tensor<2x3xi64>, tensor<2x3xf32>
  return
}
