// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-raise-layer-norm))' -verify-diagnostics | FileCheck %s

// Ops that are almost a layer normalisation do not change.
// CHECK-NOT: nn.layer_norm

// CHECK-LABEL: func.func @wrong_count
func.func @wrong_count(%x: tensor<2x8xf32>, %s: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x8xf32> {
  %n = nn.constant dense<1.000000e-01> : tensor<f32>
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
  %z = nn.add %y, %b : tensor<2x8xf32>, tensor<8xf32>
  return %z : tensor<2x8xf32>
}

// CHECK-LABEL: func.func @cubed
func.func @cubed(%x: tensor<2x8xf32>, %s: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x8xf32> {
  %n = nn.constant dense<1.250000e-01> : tensor<f32>
  %eps = nn.constant dense<1.000000e-05> : tensor<f32>
  %sum = nn.reduce_sum %x {axes = array<i64: 1>} : tensor<2x8xf32>
  %sum1 = nn.reshape %sum : tensor<2xf32> to tensor<2x1xf32>
  %mean = nn.mul %sum1, %n : tensor<2x1xf32>, tensor<f32>
  %c = nn.sub %x, %mean : tensor<2x8xf32>, tensor<2x1xf32>
  %two = nn.constant dense<3.000000e+00> : tensor<f32>
  %sq = nn.pow %c, %two : tensor<2x8xf32>, tensor<f32>
  %vs = nn.reduce_sum %sq {axes = array<i64: 1>} : tensor<2x8xf32>
  %vm = nn.mul %vs, %n : tensor<2xf32>, tensor<f32>
  %var = nn.reshape %vm : tensor<2xf32> to tensor<2x1xf32>
  %ve = nn.add %var, %eps : tensor<2x1xf32>, tensor<f32>
  %sd = nn.sqrt %ve : tensor<2x1xf32>
  %h = nn.div %c, %sd : tensor<2x8xf32>, tensor<2x1xf32>
  %y = nn.mul %h, %s : tensor<2x8xf32>, tensor<8xf32>
  %z = nn.add %y, %b : tensor<2x8xf32>, tensor<8xf32>
  return %z : tensor<2x8xf32>
}

// CHECK-LABEL: func.func @scale_of_rows
func.func @scale_of_rows(%x: tensor<2x8xf32>, %s: tensor<2x1xf32>, %b: tensor<8xf32>) -> tensor<2x8xf32> {
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
  %y = nn.mul %h, %s : tensor<2x8xf32>, tensor<2x1xf32>
  %z = nn.add %y, %b : tensor<2x8xf32>, tensor<8xf32>
  return %z : tensor<2x8xf32>
}

// The mean square of another value.
// CHECK-LABEL: func.func @of_another
func.func @of_another(%x: tensor<2x8xf32>, %o: tensor<2x8xf32>, %s: tensor<8xf32>) -> tensor<2x8xf32> {
  %n = nn.constant dense<1.250000e-01> : tensor<f32>
  %eps = nn.constant dense<1.000000e-05> : tensor<f32>
  %sq = nn.mul %o, %o : tensor<2x8xf32>, tensor<2x8xf32>
  %vs = nn.reduce_sum %sq {axes = array<i64: 1>} : tensor<2x8xf32>
  %vr = nn.reshape %vs : tensor<2xf32> to tensor<2x1xf32>
  %vm = nn.mul %vr, %n : tensor<2x1xf32>, tensor<f32>
  %ve = nn.add %vm, %eps : tensor<2x1xf32>, tensor<f32>
  %sd = nn.sqrt %ve : tensor<2x1xf32>
  %h = nn.div %x, %sd : tensor<2x8xf32>, tensor<2x1xf32>
  %y = nn.mul %h, %s : tensor<2x8xf32>, tensor<8xf32>
  return %y : tensor<2x8xf32>
}
