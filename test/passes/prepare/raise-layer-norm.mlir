// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-raise-layer-norm))' -verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @divided
// CHECK:         nn.layer_norm %arg0, %arg1, %arg2 {epsilon = 9.99{{.*}}E-6 : f64}
// CHECK-NOT:     nn.sqrt
func.func @divided(%x: tensor<2x8xf32>, %s: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x8xf32> {
  %n = nn.constant dense<1.250000e-01> : tensor<f32>
  %eps = nn.constant dense<1.000000e-05> : tensor<f32>
  %sum = nn.reduce_sum %x {axes = array<i64: 1>} : tensor<2x8xf32>
  %sum1 = nn.reshape %sum : tensor<2xf32> to tensor<2x1xf32>
  %mean = nn.mul %sum1, %n : tensor<2x1xf32>, tensor<f32>
  %c = nn.sub %x, %mean : tensor<2x8xf32>, tensor<2x1xf32>
  %sq = nn.mul %c, %c : tensor<2x8xf32>, tensor<2x8xf32>
  %vs = nn.reduce_sum %sq {axes = array<i64: 1>} : tensor<2x8xf32>
  %vm = nn.mul %vs, %n : tensor<2xf32>, tensor<f32>
  %var = nn.reshape %vm : tensor<2xf32> to tensor<2x1xf32>
  %ve = nn.add %var, %eps : tensor<2x1xf32>, tensor<f32>
  %sd = nn.sqrt %ve : tensor<2x1xf32>
  %h = nn.div %c, %sd : tensor<2x8xf32>, tensor<2x1xf32>
  %y = nn.mul %h, %s : tensor<2x8xf32>, tensor<8xf32>
  // expected-remark @+1 {{raised to nn.layer_norm}}
  %z = nn.add %y, %b : tensor<2x8xf32>, tensor<8xf32>
  return %z : tensor<2x8xf32>
}

// The square is a power, the reciprocal of the deviation a factor.
// CHECK-LABEL: func.func @reciprocal
// CHECK:         nn.layer_norm %arg0, %arg1, %arg2 {epsilon = 9.99{{.*}}E-6 : f64}
// CHECK-NOT:     nn.sqrt
func.func @reciprocal(%x: tensor<2x8xf32>, %s: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x8xf32> {
  %n = nn.constant dense<1.250000e-01> : tensor<f32>
  %eps = nn.constant dense<1.000000e-05> : tensor<f32>
  %sum = nn.reduce_sum %x {axes = array<i64: 1>} : tensor<2x8xf32>
  %sum1 = nn.reshape %sum : tensor<2xf32> to tensor<2x1xf32>
  %mean = nn.mul %sum1, %n : tensor<2x1xf32>, tensor<f32>
  %c = nn.sub %x, %mean : tensor<2x8xf32>, tensor<2x1xf32>
  %two = nn.constant dense<2.000000e+00> : tensor<f32>
  %sq = nn.pow %c, %two : tensor<2x8xf32>, tensor<f32>
  %vs = nn.reduce_sum %sq {axes = array<i64: 1>} : tensor<2x8xf32>
  %vm = nn.mul %vs, %n : tensor<2xf32>, tensor<f32>
  %var = nn.reshape %vm : tensor<2xf32> to tensor<2x1xf32>
  %ve = nn.add %var, %eps : tensor<2x1xf32>, tensor<f32>
  %sd = nn.sqrt %ve : tensor<2x1xf32>
  %r = nn.reciprocal %sd : tensor<2x1xf32>
  %h = nn.mul %c, %r : tensor<2x8xf32>, tensor<2x1xf32>
  %y = nn.mul %h, %s : tensor<2x8xf32>, tensor<8xf32>
  // expected-remark @+1 {{raised to nn.layer_norm}}
  %z = nn.add %y, %b : tensor<2x8xf32>, tensor<8xf32>
  return %z : tensor<2x8xf32>
}

// CHECK-LABEL: func.func @without_bias
// CHECK:         nn.layer_norm %arg0, %arg1 {epsilon = 9.99{{.*}}E-6 : f64}
// CHECK-NOT:     nn.sqrt
func.func @without_bias(%x: tensor<2x8xf32>, %s: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x8xf32> {
  %n = nn.constant dense<1.250000e-01> : tensor<f32>
  %eps = nn.constant dense<1.000000e-05> : tensor<f32>
  %sum = nn.reduce_sum %x {axes = array<i64: 1>} : tensor<2x8xf32>
  %sum1 = nn.reshape %sum : tensor<2xf32> to tensor<2x1xf32>
  %mean = nn.mul %sum1, %n : tensor<2x1xf32>, tensor<f32>
  %c = nn.sub %x, %mean : tensor<2x8xf32>, tensor<2x1xf32>
  %sq = nn.mul %c, %c : tensor<2x8xf32>, tensor<2x8xf32>
  %vs = nn.reduce_sum %sq {axes = array<i64: 1>} : tensor<2x8xf32>
  %vm = nn.mul %vs, %n : tensor<2xf32>, tensor<f32>
  %var = nn.reshape %vm : tensor<2xf32> to tensor<2x1xf32>
  %ve = nn.add %var, %eps : tensor<2x1xf32>, tensor<f32>
  %sd = nn.sqrt %ve : tensor<2x1xf32>
  %h = nn.div %c, %sd : tensor<2x8xf32>, tensor<2x1xf32>
  // expected-remark @+1 {{raised to nn.layer_norm}}
  %y = nn.mul %h, %s : tensor<2x8xf32>, tensor<8xf32>
  return %y : tensor<2x8xf32>
}

// Root mean square normalisation with a reciprocal and with a division.
// CHECK-LABEL: func.func @root_mean_square
// CHECK:         nn.layer_norm %arg0, %arg1 {epsilon = 9.99{{.*}}E-6 : f64, uncentered}
// CHECK:         nn.layer_norm %arg0, %arg1 {epsilon = 9.99{{.*}}E-6 : f64, uncentered}
// CHECK-NOT:     nn.sqrt
func.func @root_mean_square(%x: tensor<2x8xf32>, %s: tensor<8xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>) {
  %n = nn.constant dense<1.250000e-01> : tensor<f32>
  %eps = nn.constant dense<1.000000e-05> : tensor<f32>
  %two = nn.constant dense<2.000000e+00> : tensor<f32>
  %sq = nn.pow %x, %two : tensor<2x8xf32>, tensor<f32>
  %vs = nn.reduce_sum %sq {axes = array<i64: 1>} : tensor<2x8xf32>
  %vr = nn.reshape %vs : tensor<2xf32> to tensor<2x1xf32>
  %vm = nn.mul %vr, %n : tensor<2x1xf32>, tensor<f32>
  %ve = nn.add %vm, %eps : tensor<2x1xf32>, tensor<f32>
  %sd = nn.sqrt %ve : tensor<2x1xf32>
  %r = nn.reciprocal %sd : tensor<2x1xf32>
  %h = nn.mul %x, %r : tensor<2x8xf32>, tensor<2x1xf32>
  // expected-remark @+1 {{raised to nn.layer_norm}}
  %y = nn.mul %s, %h : tensor<8xf32>, tensor<2x8xf32>
  %g = nn.div %x, %sd : tensor<2x8xf32>, tensor<2x1xf32>
  // expected-remark @+1 {{raised to nn.layer_norm}}
  %z = nn.mul %g, %s : tensor<2x8xf32>, tensor<8xf32>
  return %y, %z : tensor<2x8xf32>, tensor<2x8xf32>
}
