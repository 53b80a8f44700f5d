// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// CHECK-LABEL: func.func @conv
func.func @conv(%x: tensor<4x6x9x8xf32>, %w: tensor<10x3x3x3xf32>) -> (tensor<4x10x5x6xf32>, tensor<4x6x9x8xf32>, tensor<10x3x3x3xf32>) {
  // CHECK: nn.conv %{{.*}}, %{{.*}} {dilations = array<i64: 1, 1>, groups = 2 : i64, pads = array<i64: 1, 0, 1, 0>, strides = array<i64: 2, 1>} : tensor<4x6x9x8xf32>, tensor<10x3x3x3xf32> to tensor<4x10x5x6xf32>
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, groups = 2 : i64, pads = array<i64: 1, 0, 1, 0>, strides = array<i64: 2, 1>} : tensor<4x6x9x8xf32>, tensor<10x3x3x3xf32> to tensor<4x10x5x6xf32>
  // CHECK: nn.conv_grad_input %{{.*}}, %{{.*}} {dilations = array<i64: 1, 1>, groups = 2 : i64, pads = array<i64: 1, 0, 1, 0>, strides = array<i64: 2, 1>} : tensor<4x10x5x6xf32>, tensor<10x3x3x3xf32> to tensor<4x6x9x8xf32>
  %1 = nn.conv_grad_input %0, %w {dilations = array<i64: 1, 1>, groups = 2 : i64, pads = array<i64: 1, 0, 1, 0>, strides = array<i64: 2, 1>} : tensor<4x10x5x6xf32>, tensor<10x3x3x3xf32> to tensor<4x6x9x8xf32>
  // CHECK: nn.conv_grad_weight %{{.*}}, %{{.*}} {dilations = array<i64: 1, 1>, groups = 2 : i64, pads = array<i64: 1, 0, 1, 0>, strides = array<i64: 2, 1>} : tensor<4x10x5x6xf32>, tensor<4x6x9x8xf32> to tensor<10x3x3x3xf32>
  %2 = nn.conv_grad_weight %0, %x {dilations = array<i64: 1, 1>, groups = 2 : i64, pads = array<i64: 1, 0, 1, 0>, strides = array<i64: 2, 1>} : tensor<4x10x5x6xf32>, tensor<4x6x9x8xf32> to tensor<10x3x3x3xf32>
  return %0, %1, %2 : tensor<4x10x5x6xf32>, tensor<4x6x9x8xf32>, tensor<10x3x3x3xf32>
}

// CHECK-LABEL: func.func @other_ranks
func.func @other_ranks(%x: tensor<4x6x9xf32>, %w: tensor<10x6x3xf32>, %v: tensor<4x6x5x4x3xf32>, %u: tensor<6x1x2x2x2xf32>) -> (tensor<4x10x7xf32>, tensor<4x6x4x3x2xf32>) {
  // CHECK: nn.conv {{.*}} : tensor<4x6x9xf32>, tensor<10x6x3xf32> to tensor<4x10x7xf32>
  %0 = nn.conv %x, %w {dilations = array<i64: 1>, groups = 1 : i64, pads = array<i64: 0, 0>, strides = array<i64: 1>} : tensor<4x6x9xf32>, tensor<10x6x3xf32> to tensor<4x10x7xf32>
  // CHECK: nn.conv {{.*}} groups = 6 : i64{{.*}} to tensor<4x6x4x3x2xf32>
  %1 = nn.conv %v, %u {dilations = array<i64: 1, 1, 1>, groups = 6 : i64, pads = array<i64: 0, 0, 0, 0, 0, 0>, strides = array<i64: 1, 1, 1>} : tensor<4x6x5x4x3xf32>, tensor<6x1x2x2x2xf32> to tensor<4x6x4x3x2xf32>
  return %0, %1 : tensor<4x10x7xf32>, tensor<4x6x4x3x2xf32>
}

// CHECK-LABEL: func.func @conv_transpose
func.func @conv_transpose(%x: tensor<4x6x3x3xf32>, %w: tensor<6x5x2x2xf32>) -> tensor<4x10x6x6xf32> {
  // CHECK: nn.conv_transpose %{{.*}}, %{{.*}} {dilations = array<i64: 1, 1>, groups = 2 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<4x6x3x3xf32>, tensor<6x5x2x2xf32> to tensor<4x10x6x6xf32>
  %0 = nn.conv_transpose %x, %w {dilations = array<i64: 1, 1>, groups = 2 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<4x6x3x3xf32>, tensor<6x5x2x2xf32> to tensor<4x10x6x6xf32>
  return %0 : tensor<4x10x6x6xf32>
}

// CHECK-LABEL: func.func @max_pool_index
func.func @max_pool_index(%x: tensor<2x3x8x8xf32>) -> tensor<2x3x4x4xi64> {
  // CHECK: nn.max_pool_index %{{.*}} {column_major, dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<2x3x8x8xf32> to tensor<2x3x4x4xi64>
  %0 = nn.max_pool_index %x {column_major, dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<2x3x8x8xf32> to tensor<2x3x4x4xi64>
  return %0 : tensor<2x3x4x4xi64>
}

// An output size may be rounded up or down.
// CHECK-LABEL: func.func @pools
func.func @pools(%x: tensor<2x3x8x8xf32>) -> (tensor<2x3x4x4xf32>, tensor<2x3x3x3xf32>, tensor<2x3x8x8xf32>, tensor<2x3x8x8xf32>) {
  // CHECK: nn.max_pool %{{.*}} {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<2x3x8x8xf32> to tensor<2x3x4x4xf32>
  %0 = nn.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<2x3x8x8xf32> to tensor<2x3x4x4xf32>
  // CHECK: nn.avg_pool %{{.*}} {count_padding, dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<2x3x8x8xf32> to tensor<2x3x3x3xf32>
  %1 = nn.avg_pool %x {count_padding, dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<2x3x8x8xf32> to tensor<2x3x3x3xf32>
  // CHECK: nn.max_pool_grad %{{.*}}, %{{.*}} {{.*}} : tensor<2x3x4x4xf32>, tensor<2x3x8x8xf32> to tensor<2x3x8x8xf32>
  %2 = nn.max_pool_grad %0, %x {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<2x3x4x4xf32>, tensor<2x3x8x8xf32> to tensor<2x3x8x8xf32>
  // CHECK: nn.avg_pool_grad %{{.*}} {{.*}} : tensor<2x3x3x3xf32> to tensor<2x3x8x8xf32>
  %3 = nn.avg_pool_grad %1 {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<2x3x3x3xf32> to tensor<2x3x8x8xf32>
  return %0, %1, %2, %3 : tensor<2x3x4x4xf32>, tensor<2x3x3x3xf32>, tensor<2x3x8x8xf32>, tensor<2x3x8x8xf32>
}
