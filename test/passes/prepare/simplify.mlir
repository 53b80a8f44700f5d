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
