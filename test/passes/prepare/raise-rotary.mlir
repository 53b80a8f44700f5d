// RUN: plimsoll-opt %s --nn-raise-rotary -split-input-file 2>&1 | FileCheck %s

// As Hugging Face's models have it, transposed for attention.
// CHECK: remark: raised to nn.rotary
// CHECK-LABEL: func.func @llama
// CHECK:         %[[COS:.*]] = nn.transpose %arg1 {permutation = array<i64: 0, 2, 1, 3>}
// CHECK:         %[[SIN:.*]] = nn.transpose %arg2 {permutation = array<i64: 0, 2, 1, 3>}
// CHECK:         %[[Y:.*]] = nn.rotary %arg0, %[[COS]], %[[SIN]] : tensor<2x16x4x8xf32>, tensor<1x16x1x8xf32>
// CHECK:         nn.transpose %[[Y]]
// CHECK-NOT:     nn.mul
func.func @llama(%rows: tensor<2x16x4x8xf32>, %cos: tensor<1x1x16x8xf32>, %sin: tensor<1x1x16x8xf32>) -> tensor<2x4x16x8xf32> {
  %x = nn.transpose %rows {permutation = array<i64: 0, 2, 1, 3>} : tensor<2x16x4x8xf32>
  %0 = nn.mul %x, %cos : tensor<2x4x16x8xf32>, tensor<1x1x16x8xf32>
  %1:2 = nn.split %x {axis = 3 : i64, sizes = array<i64: 4, 4>} : tensor<2x4x16x8xf32>
  %2 = nn.neg %1#1 : tensor<2x4x16x4xf32>
  %3 = nn.concat %2, %1#0 {axis = 3 : i64} : tensor<2x4x16x4xf32>, tensor<2x4x16x4xf32>
  %4 = nn.mul %3, %sin : tensor<2x4x16x8xf32>, tensor<1x1x16x8xf32>
  %5 = nn.add %0, %4 : tensor<2x4x16x8xf32>, tensor<2x4x16x8xf32>
  return %5 : tensor<2x4x16x8xf32>
}

// -----

// Operands the other way round, and tables without leading dimensions.
// CHECK-LABEL: func.func @exchanged
// CHECK:         nn.rotary %arg0, %{{.*}}, %{{.*}} : tensor<2x4x16x8xf32>, tensor<1x1x16x8xf32>
func.func @exchanged(%x: tensor<2x4x16x8xf32>, %cos: tensor<16x8xf32>, %sin: tensor<16x8xf32>) -> tensor<2x4x16x8xf32> {
  %0 = nn.mul %cos, %x : tensor<16x8xf32>, tensor<2x4x16x8xf32>
  %1:2 = nn.split %x {axis = 3 : i64, sizes = array<i64: 4, 4>} : tensor<2x4x16x8xf32>
  %2 = nn.neg %1#1 : tensor<2x4x16x4xf32>
  %3 = nn.concat %2, %1#0 {axis = 3 : i64} : tensor<2x4x16x4xf32>, tensor<2x4x16x4xf32>
  %4 = nn.mul %sin, %3 : tensor<16x8xf32>, tensor<2x4x16x8xf32>
  %5 = nn.add %4, %0 : tensor<2x4x16x8xf32>, tensor<2x4x16x8xf32>
  return %5 : tensor<2x4x16x8xf32>
}

// -----

// The first half is negative: this turns the other way.
// CHECK-LABEL: func.func @backwards
// CHECK-NOT:     nn.rotary
func.func @backwards(%x: tensor<2x4x16x8xf32>, %cos: tensor<16x8xf32>, %sin: tensor<16x8xf32>) -> tensor<2x4x16x8xf32> {
  %0 = nn.mul %x, %cos : tensor<2x4x16x8xf32>, tensor<16x8xf32>
  %1:2 = nn.split %x {axis = 3 : i64, sizes = array<i64: 4, 4>} : tensor<2x4x16x8xf32>
  %2 = nn.neg %1#0 : tensor<2x4x16x4xf32>
  %3 = nn.concat %1#1, %2 {axis = 3 : i64} : tensor<2x4x16x4xf32>, tensor<2x4x16x4xf32>
  %4 = nn.mul %3, %sin : tensor<2x4x16x8xf32>, tensor<16x8xf32>
  %5 = nn.add %0, %4 : tensor<2x4x16x8xf32>, tensor<2x4x16x8xf32>
  return %5 : tensor<2x4x16x8xf32>
}

// -----

// Trained tables need a gradient, which the op does not have.
// CHECK-LABEL: func.func @trained
// CHECK-NOT:     nn.rotary
module {
  nn.parameter @cos : tensor<16x8xf32>
  func.func @trained(%x: tensor<2x4x16x8xf32>, %sin: tensor<16x8xf32>) -> tensor<2x4x16x8xf32> {
    %cos = nn.load @cos : tensor<16x8xf32>
    %0 = nn.mul %x, %cos : tensor<2x4x16x8xf32>, tensor<16x8xf32>
    %1:2 = nn.split %x {axis = 3 : i64, sizes = array<i64: 4, 4>} : tensor<2x4x16x8xf32>
    %2 = nn.neg %1#1 : tensor<2x4x16x4xf32>
    %3 = nn.concat %2, %1#0 {axis = 3 : i64} : tensor<2x4x16x4xf32>, tensor<2x4x16x4xf32>
    %4 = nn.mul %3, %sin : tensor<2x4x16x8xf32>, tensor<16x8xf32>
    %5 = nn.add %0, %4 : tensor<2x4x16x8xf32>, tensor<2x4x16x8xf32>
    return %5 : tensor<2x4x16x8xf32>
  }
}
