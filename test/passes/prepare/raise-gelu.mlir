// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-raise-gelu))' -verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @erf
// CHECK:         %[[Y:.*]] = nn.gelu %arg0 : tensor<4x8xf32>
// CHECK-NEXT:    return %[[Y]]
func.func @erf(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %sqrt2 = nn.constant dense<1.41421354> : tensor<f32>
  %one = nn.constant dense<1.0> : tensor<f32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %a = nn.div %x, %sqrt2 : tensor<4x8xf32>, tensor<f32>
  %b = nn.erf %a : tensor<4x8xf32>
  %c = nn.add %b, %one : tensor<4x8xf32>, tensor<f32>
  %d = nn.mul %x, %c : tensor<4x8xf32>, tensor<4x8xf32>
  // expected-remark @+1 {{raised to nn.gelu}}
  %e = nn.mul %d, %half : tensor<4x8xf32>, tensor<f32>
  return %e : tensor<4x8xf32>
}

// The factor 1/2 comes first, the sum has its operands exchanged, 1 / sqrt 2 is a factor.
// CHECK-LABEL: func.func @erf_other_order
// CHECK:         nn.gelu %arg0 : tensor<4x8xf32>
func.func @erf_other_order(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %rsqrt2 = nn.constant dense<0.707106769> : tensor<8xf32>
  %one = nn.constant dense<1.0> : tensor<1xf32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %h = nn.mul %half, %x : tensor<f32>, tensor<4x8xf32>
  %a = nn.mul %rsqrt2, %x : tensor<8xf32>, tensor<4x8xf32>
  %b = nn.erf %a : tensor<4x8xf32>
  %c = nn.add %one, %b : tensor<1xf32>, tensor<4x8xf32>
  // expected-remark @+1 {{raised to nn.gelu}}
  %e = nn.mul %c, %h : tensor<4x8xf32>, tensor<4x8xf32>
  return %e : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @tanh
// CHECK:         nn.gelu %arg0 {tanh_approximation} : tensor<4x8xf32>
// CHECK-NOT:     nn.tanh
func.func @tanh(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %half = nn.constant dense<0.5> : tensor<f32>
  %three = nn.constant dense<3.0> : tensor<f32>
  %cubic = nn.constant dense<4.471500e-02> : tensor<f32>
  %scale = nn.constant dense<0.797884583> : tensor<f32>
  %one = nn.constant dense<1.0> : tensor<f32>
  %h = nn.mul %x, %half : tensor<4x8xf32>, tensor<f32>
  %p = nn.pow %x, %three : tensor<4x8xf32>, tensor<f32>
  %q = nn.mul %p, %cubic : tensor<4x8xf32>, tensor<f32>
  %s = nn.add %x, %q : tensor<4x8xf32>, tensor<4x8xf32>
  %t = nn.mul %s, %scale : tensor<4x8xf32>, tensor<f32>
  %u = nn.tanh %t : tensor<4x8xf32>
  %v = nn.add %u, %one : tensor<4x8xf32>, tensor<f32>
  // expected-remark @+1 {{raised to nn.gelu}}
  %y = nn.mul %h, %v : tensor<4x8xf32>, tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// The cube is written as products.
// CHECK-LABEL: func.func @cube_of_products
// CHECK:         nn.gelu %arg0 {tanh_approximation}
func.func @cube_of_products(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %half = nn.constant dense<0.5> : tensor<f32>
  %cubic = nn.constant dense<4.471500e-02> : tensor<f32>
  %scale = nn.constant dense<0.797884583> : tensor<f32>
  %one = nn.constant dense<1.0> : tensor<f32>
  %p = nn.mul %x, %x : tensor<4x8xf32>, tensor<4x8xf32>
  %p3 = nn.mul %p, %x : tensor<4x8xf32>, tensor<4x8xf32>
  %q = nn.mul %p3, %cubic : tensor<4x8xf32>, tensor<f32>
  %s = nn.add %x, %q : tensor<4x8xf32>, tensor<4x8xf32>
  %t = nn.mul %s, %scale : tensor<4x8xf32>, tensor<f32>
  %u = nn.tanh %t : tensor<4x8xf32>
  %v = nn.add %u, %one : tensor<4x8xf32>, tensor<f32>
  %h = nn.mul %x, %half : tensor<4x8xf32>, tensor<f32>
  // expected-remark @+1 {{raised to nn.gelu}}
  %y = nn.mul %h, %v : tensor<4x8xf32>, tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
