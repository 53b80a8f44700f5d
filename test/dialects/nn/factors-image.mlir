// RUN: plimsoll-opt %s -o /dev/null --pass-pipeline='builtin.module(nn-print-factors)' | FileCheck %s

func.func @convolution(%x: tensor<4x6x9xf32>, %w: tensor<8x6x3xf32>, %y: tensor<4x8x7xf32>,
                       %half: tensor<8x3x3xf32>) {
  // CHECK: nn.conv ([i, j, k], [l, j, m]) -> ([i, l, n])
  // CHECK-SAME: {i = 4 free, j = 6 reduced, k = 9 ordered, l = 8 free, m = 3 ordered, n = 7 ordered}
  %0 = nn.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>,
      groups = 1 : i64} : tensor<4x6x9xf32>, tensor<8x6x3xf32> to tensor<4x8x7xf32>
  // CHECK: nn.conv_grad_input ([i, j, k], [j, l, m]) -> ([i, l, n])
  // CHECK-SAME: {i = 4 free, j = 8 reduced, k = 7 ordered, l = 6 free, m = 3 ordered, n = 9 ordered}
  %1 = nn.conv_grad_input %y, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>,
      dilations = array<i64: 1>, groups = 1 : i64} : tensor<4x8x7xf32>, tensor<8x6x3xf32> to tensor<4x6x9xf32>
  // CHECK: nn.conv_grad_weight ([i, j, k], [i, l, m]) -> ([j, l, n])
  // CHECK-SAME: {i = 4 reduced, j = 8 free, k = 7 ordered, l = 6 free, m = 9 ordered, n = 3 ordered}
  %2 = nn.conv_grad_weight %y, %x {strides = array<i64: 1>, pads = array<i64: 0, 0>,
      dilations = array<i64: 1>, groups = 1 : i64} : tensor<4x8x7xf32>, tensor<4x6x9xf32> to tensor<8x6x3xf32>
  // CHECK: nn.conv_transpose ([i, j, k], [j, l, m]) -> ([i, l, n])
  // CHECK-SAME: {i = 4 free, j = 8 reduced, k = 7 ordered, l = 6 free, m = 3 ordered, n = 9 ordered}
  %3 = nn.conv_transpose %y, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>,
      dilations = array<i64: 1>, groups = 1 : i64} : tensor<4x8x7xf32>, tensor<8x6x3xf32> to tensor<4x6x9xf32>
  // Channels of several groups cannot be cut without the number of groups.
  // CHECK: nn.conv ([i, j, k], [l, m, n]) -> ([i, l, o]) {i = 4 free, j = 6 whole, k = 9 ordered, l = 8 whole, m = 3 whole,
  %4 = nn.conv %x, %half {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>,
      groups = 2 : i64} : tensor<4x6x9xf32>, tensor<8x3x3xf32> to tensor<4x8x7xf32>
  return
}

func.func @pooling(%x: tensor<4x6x8xf32>, %y: tensor<4x6x4xf32>) {
  // CHECK: nn.max_pool ([i, j, k]) -> ([i, j, l]) {i = 4 free, j = 6 free, k = 8 ordered, l = 4 ordered}
  %0 = nn.max_pool %x {kernel = array<i64: 2>, strides = array<i64: 2>, pads = array<i64: 0, 0>,
      dilations = array<i64: 1>} : tensor<4x6x8xf32> to tensor<4x6x4xf32>
  // The number of an element counts those of all images before it.
  // CHECK: nn.max_pool_index ([i, j, k]) -> ([i, j, l]) {i = 4 ordered, j = 6 ordered, k = 8 ordered, l = 4 ordered}
  %1 = nn.max_pool_index %x {kernel = array<i64: 2>, strides = array<i64: 2>, pads = array<i64: 0, 0>,
      dilations = array<i64: 1>} : tensor<4x6x8xf32> to tensor<4x6x4xi64>
  // CHECK: nn.max_pool_grad ([i, j, k], [i, j, l]) -> ([i, j, l]) {i = 4 free, j = 6 free, k = 4 ordered, l = 8 ordered}
  %2 = nn.max_pool_grad %y, %x {kernel = array<i64: 2>, strides = array<i64: 2>, pads = array<i64: 0, 0>,
      dilations = array<i64: 1>} : tensor<4x6x4xf32>, tensor<4x6x8xf32> to tensor<4x6x8xf32>
  return
}
