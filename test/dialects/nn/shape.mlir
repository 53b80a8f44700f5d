// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// CHECK-LABEL: func.func @constants
func.func @constants() -> (tensor<f32>, tensor<2xi64>) {
  // CHECK: nn.constant dense<5.000000e-01> : tensor<f32>
  %0 = nn.constant dense<5.000000e-01> : tensor<f32>
  // CHECK: nn.constant dense<[1, 2]> : tensor<2xi64>
  %1 = nn.constant dense<[1, 2]> : tensor<2xi64>
  return %0, %1 : tensor<f32>, tensor<2xi64>
}

// CHECK-LABEL: func.func @moves
func.func @moves(%x: tensor<2x3x4xf32>, %r: tensor<1x4xf32>) -> (tensor<6x4xf32>, tensor<4x2x3xf32>, tensor<2x3x4xf32>, tensor<2x6x4xf32>) {
  // CHECK: nn.reshape %{{.*}} : tensor<2x3x4xf32> to tensor<6x4xf32>
  %0 = nn.reshape %x : tensor<2x3x4xf32> to tensor<6x4xf32>
  // CHECK: nn.transpose %{{.*}} {permutation = array<i64: 2, 0, 1>} : tensor<2x3x4xf32>
  %1 = nn.transpose %x {permutation = array<i64: 2, 0, 1>} : tensor<2x3x4xf32>
  // CHECK: nn.broadcast %{{.*}} : tensor<1x4xf32> to tensor<2x3x4xf32>
  %2 = nn.broadcast %r : tensor<1x4xf32> to tensor<2x3x4xf32>
  // CHECK: nn.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32>
  %3 = nn.concat %x, %2 {axis = 1 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32>
  return %0, %1, %2, %3 : tensor<6x4xf32>, tensor<4x2x3xf32>, tensor<2x3x4xf32>, tensor<2x6x4xf32>
}

// CHECK-LABEL: func.func @split
func.func @split(%x: tensor<2x7xf32>) -> (tensor<2x3xf32>, tensor<2x4xf32>) {
  // CHECK: nn.split %{{.*}} {axis = 1 : i64, sizes = array<i64: 3, 4>} : tensor<2x7xf32>
  %0:2 = nn.split %x {axis = 1 : i64, sizes = array<i64: 3, 4>} : tensor<2x7xf32>
  return %0#0, %0#1 : tensor<2x3xf32>, tensor<2x4xf32>
}

// CHECK-LABEL: func.func @reduce_sum
func.func @reduce_sum(%x: tensor<2x3x4xf32>) -> (tensor<3xf32>, tensor<f32>) {
  // CHECK: nn.reduce_sum %{{.*}} {axes = array<i64: 0, 2>} : tensor<2x3x4xf32>
  %0 = nn.reduce_sum %x {axes = array<i64: 0, 2>} : tensor<2x3x4xf32>
  // CHECK: nn.reduce_sum %{{.*}} {axes = array<i64: 0, 1, 2>} : tensor<2x3x4xf32>
  %1 = nn.reduce_sum %x {axes = array<i64: 0, 1, 2>} : tensor<2x3x4xf32>
  return %0, %1 : tensor<3xf32>, tensor<f32>
}

// CHECK-LABEL: func.func @gather_grad_rows
func.func @gather_grad_rows(%d: tensor<6x2x3xf32>, %i: tensor<6xi64>) -> (tensor<6xi64>, tensor<6x2x3xf32>) {
  // CHECK: nn.gather_grad_rows %arg0, %arg1 {table_rows = 10 : i64} : tensor<6x2x3xf32>, tensor<6xi64>
  %rows, %sums = nn.gather_grad_rows %d, %i {table_rows = 10 : i64} : tensor<6x2x3xf32>, tensor<6xi64>
  return %rows, %sums : tensor<6xi64>, tensor<6x2x3xf32>
}

// CHECK-LABEL: func.func @gather(
func.func @gather(%t: tensor<10x5xf32>, %i: tensor<2x3xi64>, %d: tensor<10x2x3xf32>) -> (tensor<2x3x5xf32>, tensor<10x2x3xf32>, tensor<10x5xf32>) {
  // CHECK: nn.gather %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<10x5xf32>, tensor<2x3xi64>
  %0 = nn.gather %t, %i {axis = 0 : i64} : tensor<10x5xf32>, tensor<2x3xi64>
  // CHECK: nn.gather %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<10x5xf32>, tensor<2x3xi64>
  %1 = nn.gather %t, %i {axis = 1 : i64} : tensor<10x5xf32>, tensor<2x3xi64>
  // CHECK: nn.gather_grad %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<10x2x3xf32>, tensor<2x3xi64> to tensor<10x5xf32>
  %2 = nn.gather_grad %d, %i {axis = 1 : i64} : tensor<10x2x3xf32>, tensor<2x3xi64> to tensor<10x5xf32>
  return %0, %1, %2 : tensor<2x3x5xf32>, tensor<10x2x3xf32>, tensor<10x5xf32>
}
