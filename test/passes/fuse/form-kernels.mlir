// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-kernels))' | FileCheck %s

// CHECK-LABEL: func.func @loss_and_gradient
// CHECK-NEXT:    %[[L:.*]], %[[A:.*]], %[[D:.*]] = nn.cross_entropy_with_grad %arg0, %arg1
// CHECK-NEXT:    return %[[L]], %[[D]]
func.func @loss_and_gradient(%x: tensor<4x8xf32>, %l: tensor<4xi64>) -> (tensor<f32>, tensor<4x8xf32>) {
  %loss, %accuracy = nn.cross_entropy %x, %l : tensor<4x8xf32>, tensor<4xi64>
  %one = nn.constant dense<1.0> : tensor<f32>
  %d = nn.cross_entropy_grad %x, %l, %one : tensor<4x8xf32>, tensor<4xi64>, tensor<f32>
  return %loss, %d : tensor<f32>, tensor<4x8xf32>
}

// Another factor, or other labels: two launches.
// CHECK-LABEL: func.func @kept_apart
// CHECK:         nn.cross_entropy %
// CHECK:         nn.cross_entropy_grad
// CHECK:         nn.cross_entropy_grad
func.func @kept_apart(%x: tensor<4x8xf32>, %l: tensor<4xi64>, %m: tensor<4xi64>) -> (tensor<f32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %loss, %accuracy = nn.cross_entropy %x, %l : tensor<4x8xf32>, tensor<4xi64>
  %one = nn.constant dense<1.0> : tensor<f32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %d = nn.cross_entropy_grad %x, %l, %half : tensor<4x8xf32>, tensor<4xi64>, tensor<f32>
  %e = nn.cross_entropy_grad %x, %m, %one : tensor<4x8xf32>, tensor<4xi64>, tensor<f32>
  return %loss, %d, %e : tensor<f32>, tensor<4x8xf32>, tensor<4x8xf32>
}

// CHECK-LABEL: func.func @absorb
// CHECK-NEXT:    nn.add %arg0, %arg1 : tensor<4x8xf32>, tensor<1x8xf32>
func.func @absorb(%x: tensor<4x8xf32>, %b: tensor<1x8xf32>) -> tensor<4x8xf32> {
  %r = nn.broadcast %b : tensor<1x8xf32> to tensor<4x8xf32>
  %y = nn.add %x, %r : tensor<4x8xf32>, tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// Only this operand makes the result have four rows.
// CHECK-LABEL: func.func @needed
// CHECK-NEXT:    %[[R:.*]] = nn.broadcast
// CHECK-NEXT:    nn.add %arg0, %[[R]]
func.func @needed(%x: tensor<8xf32>, %b: tensor<1x8xf32>) -> tensor<4x8xf32> {
  %r = nn.broadcast %b : tensor<1x8xf32> to tensor<4x8xf32>
  %y = nn.add %x, %r : tensor<8xf32>, tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// Only this operand makes it have four dimensions, of which three have the size 1.
// CHECK-LABEL: func.func @rank_needed
// CHECK-NEXT:    %[[R:.*]] = nn.broadcast
// CHECK-NEXT:    nn.add %arg0, %[[R]]
func.func @rank_needed(%s: tensor<f32>, %b: tensor<8xf32>) -> tensor<1x1x1x8xf32> {
  %r = nn.broadcast %b : tensor<8xf32> to tensor<1x1x1x8xf32>
  %y = nn.add %s, %r : tensor<f32>, tensor<1x1x1x8xf32>
  return %y : tensor<1x1x1x8xf32>
}

// CHECK-LABEL: func.func @rank_given
// CHECK-NEXT:    nn.add %arg0, %arg1
func.func @rank_given(%o: tensor<1x1x1x1xf32>, %b: tensor<8xf32>) -> tensor<1x1x1x8xf32> {
  %r = nn.broadcast %b : tensor<8xf32> to tensor<1x1x1x8xf32>
  %y = nn.add %o, %r : tensor<1x1x1x1xf32>, tensor<1x1x1x8xf32>
  return %y : tensor<1x1x1x8xf32>
}
