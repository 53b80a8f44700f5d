// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-raise-attention))' -verify-diagnostics | FileCheck %s

// Ops that are not attention do not change.
// CHECK-NOT: nn.attention

// CHECK-LABEL: func.func @guard_of_ones
func.func @guard_of_ones(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %s = nn.matmul %q, %k {transpose_b} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %ss = nn.mul %s, %half : tensor<1x2x3x3xf32>, tensor<f32>
  %p = nn.softmax %ss : tensor<1x2x3x3xf32>
  %nan = nn.is_nan %p : tensor<1x2x3x3xf32>
  %zero = nn.constant dense<1.0> : tensor<f32>
  %g = nn.select %nan, %zero, %p : tensor<1x2x3x3xi1>, tensor<f32>, tensor<1x2x3x3xf32>
  %y = nn.matmul %g, %v : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32>
  return %y : tensor<1x2x3x4xf32>
}

// A mask that would have to be broadcast along the keys.
// CHECK-LABEL: func.func @mask_of_columns
func.func @mask_of_columns(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>, %m: tensor<3x1xf32>) -> tensor<1x2x3x4xf32> {
  %s = nn.matmul %q, %k {transpose_b} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %ss = nn.mul %s, %half : tensor<1x2x3x3xf32>, tensor<f32>
  %sm = nn.add %ss, %m : tensor<1x2x3x3xf32>, tensor<3x1xf32>
  %p = nn.softmax %sm : tensor<1x2x3x3xf32>
  %y = nn.matmul %p, %v : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32>
  return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @three_dimensions
func.func @three_dimensions(%q: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %s = nn.matmul %q, %q {transpose_b} : tensor<2x3x4xf32>, tensor<2x3x4xf32>
  %p = nn.softmax %s : tensor<2x3x3xf32>
  %y = nn.matmul %p, %q : tensor<2x3x3xf32>, tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}
