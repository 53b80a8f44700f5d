// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-simplify))' | FileCheck %s

// CHECK-LABEL: func.func @transpose_into_matmul
// CHECK-NEXT:    %[[Y:.*]] = nn.matmul %arg0, %arg1 {transpose_b} : tensor<4x64xf32>, tensor<32x64xf32>
// CHECK-NEXT:    return %[[Y]]
func.func @transpose_into_matmul(%x: tensor<4x64xf32>, %w: tensor<32x64xf32>) -> tensor<4x32xf32> {
  %t = nn.transpose %w {permutation = array<i64: 1, 0>} : tensor<32x64xf32>
  %y = nn.matmul %x, %t : tensor<4x64xf32>, tensor<64x32xf32>
  return %y : tensor<4x32xf32>
}

// Two transpositions cancel.
// CHECK-LABEL: func.func @both_operands
// CHECK-NEXT:    %[[Y:.*]] = nn.matmul %arg0, %arg1 {transpose_a} :
// CHECK-NEXT:    return %[[Y]]
func.func @both_operands(%a: tensor<2x64x4xf32>, %w: tensor<64x32xf32>) -> tensor<2x4x32xf32> {
  %at = nn.transpose %a {permutation = array<i64: 0, 2, 1>} : tensor<2x64x4xf32>
  %wt = nn.transpose %w {permutation = array<i64: 1, 0>} : tensor<64x32xf32>
  %y = nn.matmul %at, %wt {transpose_b} : tensor<2x4x64xf32>, tensor<32x64xf32>
  return %y : tensor<2x4x32xf32>
}

// A transposition that moves the batch cannot become a flag of a product.
// CHECK-LABEL: func.func @other_transpose
// CHECK:         nn.transpose %arg0 {permutation = array<i64: 1, 0, 2>}
// CHECK:         nn.matmul %{{.*}}, %arg1 : tensor<2x4x64xf32>, tensor<64x32xf32>
func.func @other_transpose(%a: tensor<4x2x64xf32>, %w: tensor<64x32xf32>) -> tensor<2x4x32xf32> {
  %t = nn.transpose %a {permutation = array<i64: 1, 0, 2>} : tensor<4x2x64xf32>
  %y = nn.matmul %t, %w : tensor<2x4x64xf32>, tensor<64x32xf32>
  return %y : tensor<2x4x32xf32>
}

// CHECK-LABEL: func.func @transposes_compose
// CHECK-NEXT:    return %arg0
func.func @transposes_compose(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %a = nn.transpose %x {permutation = array<i64: 2, 0, 1>} : tensor<2x3x4xf32>
  %b = nn.transpose %a {permutation = array<i64: 1, 2, 0>} : tensor<4x2x3xf32>
  return %b : tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func @views
// CHECK-NEXT:    return %arg0
func.func @views(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %a = nn.reshape %x : tensor<2x3xf32> to tensor<6xf32>
  %b = nn.reshape %a : tensor<6xf32> to tensor<2x3xf32>
  %c = nn.broadcast %b : tensor<2x3xf32> to tensor<2x3xf32>
  %d = nn.transpose %c {permutation = array<i64: 0, 1>} : tensor<2x3xf32>
  return %d : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @neutral
// CHECK-NEXT:    return %arg0
func.func @neutral(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %zero = nn.constant dense<0.0> : tensor<f32>
  %one = nn.constant dense<1.0> : tensor<3xf32>
  %a = nn.add %x, %zero : tensor<2x3xf32>, tensor<f32>
  %b = nn.mul %one, %a : tensor<3xf32>, tensor<2x3xf32>
  return %b : tensor<2x3xf32>
}

// Here the zeros repeat x, and the one is not one everywhere.
// CHECK-LABEL: func.func @not_neutral
// CHECK:         nn.add
// CHECK:         nn.mul
func.func @not_neutral(%x: tensor<3xf32>) -> tensor<2x3xf32> {
  %zero = nn.constant dense<0.0> : tensor<2x3xf32>
  %one = nn.constant dense<[1.0, 1.0, 2.0]> : tensor<3xf32>
  %a = nn.add %x, %zero : tensor<3xf32>, tensor<2x3xf32>
  %b = nn.mul %a, %one : tensor<2x3xf32>, tensor<3xf32>
  return %b : tensor<2x3xf32>
}

// Exporters transpose keys with batch and heads merged, and split again afterwards.
// CHECK-LABEL: func.func @unmerge
// CHECK-NEXT:    %[[T:.*]] = nn.transpose %arg0 {permutation = array<i64: 0, 1, 3, 2>}
// CHECK-NEXT:    return %[[T]]
func.func @unmerge(%k: tensor<2x3x5x7xf32>) -> tensor<2x3x7x5xf32> {
  %a = nn.reshape %k : tensor<2x3x5x7xf32> to tensor<6x5x7xf32>
  %b = nn.transpose %a {permutation = array<i64: 0, 2, 1>} : tensor<6x5x7xf32>
  %c = nn.reshape %b : tensor<6x7x5xf32> to tensor<2x3x7x5xf32>
  return %c : tensor<2x3x7x5xf32>
}

// CHECK-LABEL: func.func @other_merge
// CHECK:         nn.reshape
// CHECK:         nn.transpose
// CHECK:         nn.reshape
func.func @other_merge(%k: tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32> {
  %a = nn.reshape %k : tensor<2x3x5x7xf32> to tensor<6x5x7xf32>
  %b = nn.transpose %a {permutation = array<i64: 0, 2, 1>} : tensor<6x5x7xf32>
  %c = nn.reshape %b : tensor<6x7x5xf32> to tensor<2x3x5x7xf32>
  return %c : tensor<2x3x5x7xf32>
}

// CHECK-LABEL: func.func @unused
// CHECK-NEXT:    return %arg0
func.func @unused(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %a = nn.exp %x : tensor<2x3xf32>
  return %x : tensor<2x3xf32>
}

// Rows in another order, and back: the tensor itself.
// CHECK-LABEL: func.func @order_and_back
// CHECK-NEXT:    return %arg0
func.func @order_and_back(%w: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %a:2 = nn.split %w {axis = 0 : i64, sizes = array<i64: 2, 6>} : tensor<8x4xf32>
  %b:3 = nn.split %w {axis = 0 : i64, sizes = array<i64: 2, 4, 2>} : tensor<8x4xf32>
  %c = nn.concat %b#2, %b#1, %a#0 {axis = 0 : i64} : tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>
  %d:3 = nn.split %c {axis = 0 : i64, sizes = array<i64: 2, 4, 2>} : tensor<8x4xf32>
  %e = nn.concat %d#2, %d#1, %d#0 {axis = 0 : i64} : tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>
  return %e : tensor<8x4xf32>
}

// Parts of what was put together are the tensors themselves, or fewer of them.
// CHECK-LABEL: func.func @apart_again
// CHECK-NEXT:    %[[Y:.*]] = nn.concat %arg1, %arg2 {axis = 0 : i64}
// CHECK-NEXT:    return %arg0, %[[Y]]
func.func @apart_again(%a: tensor<3xf32>, %b: tensor<2xf32>, %c: tensor<4xf32>) -> (tensor<3xf32>, tensor<6xf32>) {
  %0 = nn.concat %a, %b {axis = 0 : i64} : tensor<3xf32>, tensor<2xf32>
  %1 = nn.concat %0, %c {axis = 0 : i64} : tensor<5xf32>, tensor<4xf32>
  %2:2 = nn.split %1 {axis = 0 : i64, sizes = array<i64: 3, 6>} : tensor<9xf32>
  return %2#0, %2#1 : tensor<3xf32>, tensor<6xf32>
}

// Along other dimensions, in another order, or where slices are missing, nothing is the whole.
// CHECK-LABEL: func.func @not_whole
// CHECK:         nn.concat
// CHECK:         nn.concat
// CHECK:         nn.concat
func.func @not_whole(%w: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<8x2xf32>, tensor<3x4xf32>) {
  %a:2 = nn.split %w {axis = 0 : i64, sizes = array<i64: 2, 2>} : tensor<4x4xf32>
  %0 = nn.concat %a#1, %a#0 {axis = 0 : i64} : tensor<2x4xf32>, tensor<2x4xf32>
  %b:2 = nn.split %w {axis = 1 : i64, sizes = array<i64: 2, 2>} : tensor<4x4xf32>
  %1 = nn.concat %b#0, %b#1 {axis = 0 : i64} : tensor<4x2xf32>, tensor<4x2xf32>
  %c:3 = nn.split %w {axis = 0 : i64, sizes = array<i64: 1, 2, 1>} : tensor<4x4xf32>
  %2 = nn.concat %c#0, %c#1 {axis = 0 : i64} : tensor<1x4xf32>, tensor<2x4xf32>
  return %0, %1, %2 : tensor<4x4xf32>, tensor<8x2xf32>, tensor<3x4xf32>
}

// Only a dimension of size 1 moves: no element does.
// CHECK-LABEL: func.func @moved_unit
// CHECK-NEXT:    %[[Y:.*]] = nn.reshape %arg0 : tensor<3x1x4xf32> to tensor<3x4x1xf32>
// CHECK-NEXT:    return %[[Y]]
func.func @moved_unit(%x: tensor<3x1x4xf32>) -> tensor<3x4x1xf32> {
  %y = nn.transpose %x {permutation = array<i64: 0, 2, 1>} : tensor<3x1x4xf32>
  return %y : tensor<3x4x1xf32>
}

// A gather of all rows in order is a view; of some, or in another order, it is none.
// CHECK-LABEL: func.func @positions
// CHECK-DAG:     %[[Y:.*]] = nn.reshape %arg0 : tensor<4x8xf32> to tensor<1x4x8xf32>
// CHECK-DAG:     %[[Z:.*]] = nn.gather %arg0, %{{.*}} : tensor<4x8xf32>, tensor<3xi64>
// CHECK-DAG:     %[[V:.*]] = nn.gather %arg0, %{{.*}} : tensor<4x8xf32>, tensor<4xi64>
// CHECK:         return %[[Y]], %[[Z]], %[[V]]
func.func @positions(%table: tensor<4x8xf32>) -> (tensor<1x4x8xf32>, tensor<3x8xf32>, tensor<4x8xf32>) {
  %all = nn.constant dense<[[0, 1, 2, 3]]> : tensor<1x4xi64>
  %some = nn.constant dense<[0, 1, 2]> : tensor<3xi64>
  %other = nn.constant dense<[0, 1, 3, 2]> : tensor<4xi64>
  %y = nn.gather %table, %all {axis = 0 : i64} : tensor<4x8xf32>, tensor<1x4xi64>
  %z = nn.gather %table, %some {axis = 0 : i64} : tensor<4x8xf32>, tensor<3xi64>
  %v = nn.gather %table, %other {axis = 0 : i64} : tensor<4x8xf32>, tensor<4xi64>
  return %y, %z, %v : tensor<1x4x8xf32>, tensor<3x8xf32>, tensor<4x8xf32>
}
