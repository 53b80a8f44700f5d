// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-raise-gelu))' -verify-diagnostics | FileCheck %s

// Ops that only resemble a GELU do not change, and there is no remark.
// CHECK-NOT: nn.gelu

// CHECK-LABEL: func.func @other_constant
func.func @other_constant(%x: tensor<4xf32>) -> tensor<4xf32> {
  %sqrt2 = nn.constant dense<1.5> : tensor<f32>
  %one = nn.constant dense<1.0> : tensor<f32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %a = nn.div %x, %sqrt2 : tensor<4xf32>, tensor<f32>
  %b = nn.erf %a : tensor<4xf32>
  %c = nn.add %b, %one : tensor<4xf32>, tensor<f32>
  %d = nn.mul %x, %c : tensor<4xf32>, tensor<4xf32>
  %e = nn.mul %d, %half : tensor<4xf32>, tensor<f32>
  return %e : tensor<4xf32>
}

// CHECK-LABEL: func.func @other_value
func.func @other_value(%x: tensor<4xf32>, %z: tensor<4xf32>) -> tensor<4xf32> {
  %sqrt2 = nn.constant dense<1.41421354> : tensor<f32>
  %one = nn.constant dense<1.0> : tensor<f32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %a = nn.div %z, %sqrt2 : tensor<4xf32>, tensor<f32>
  %b = nn.erf %a : tensor<4xf32>
  %c = nn.add %b, %one : tensor<4xf32>, tensor<f32>
  %d = nn.mul %x, %c : tensor<4xf32>, tensor<4xf32>
  %e = nn.mul %d, %half : tensor<4xf32>, tensor<f32>
  return %e : tensor<4xf32>
}

// CHECK-LABEL: func.func @reciprocal_argument
func.func @reciprocal_argument(%x: tensor<4xf32>) -> tensor<4xf32> {
  %sqrt2 = nn.constant dense<1.41421354> : tensor<f32>
  %one = nn.constant dense<1.0> : tensor<f32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %a = nn.mul %x, %sqrt2 : tensor<4xf32>, tensor<f32>
  %b = nn.erf %a : tensor<4xf32>
  %c = nn.add %b, %one : tensor<4xf32>, tensor<f32>
  %d = nn.mul %x, %c : tensor<4xf32>, tensor<4xf32>
  %e = nn.mul %d, %half : tensor<4xf32>, tensor<f32>
  return %e : tensor<4xf32>
}
