// Ops for which there is one kernel. The gradients of a layer normalisation are one op, which adds what
// is added to the first; a batch normalisation takes a sum and a relu behind it.
//
// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-launches))' --mlir-print-local-scope | FileCheck %s
// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-launches{fuse-loops=false}))' --mlir-print-local-scope | FileCheck %s --check-prefix=ALONE

// ALONE-NOT: nn.layer_norm_grad %
// ALONE-NOT: nn.batch_norm_relu

// CHECK-LABEL: func.func @residual
// CHECK:         %[[R:.*]] = nn.reshape %arg5
// CHECK-NEXT:    %[[D:[0-9]+]]:3 = nn.launch(%arg0, %arg1, %arg2, %arg3, %arg4, %[[R]])
// CHECK:           nn.layer_norm_grad %{{.*}} plus %{{.*}} {uncentered} :
// CHECK:         %[[V:.*]] = nn.reshape %[[D]]#0
// CHECK-NEXT:    return %[[V]], %[[D]]#1, %[[D]]#2
func.func @residual(%dy: tensor<6x8xf32>, %x: tensor<6x8xf32>, %scale: tensor<8xf32>, %mean: tensor<6xf32>, %rstd: tensor<6xf32>, %more: tensor<2x3x8xf32>) -> (tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %dscale, %dbias = nn.layer_norm_grad_params %dy, %x, %mean, %rstd : tensor<6x8xf32>, tensor<6x8xf32>, tensor<6xf32>, tensor<6xf32> to tensor<8xf32>, tensor<8xf32>
  %dx = nn.layer_norm_grad_input %dy, %x, %scale, %mean, %rstd {uncentered} : tensor<6x8xf32>, tensor<6x8xf32>, tensor<8xf32>, tensor<6xf32>, tensor<6xf32>
  %v = nn.reshape %dx : tensor<6x8xf32> to tensor<2x3x8xf32>
  %sum = nn.add %more, %v : tensor<2x3x8xf32>, tensor<2x3x8xf32>
  return %sum, %dscale, %dbias : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>
}

// Other rows, another factor, or one gradient only: as they were.
// CHECK-LABEL: func.func @apart
// CHECK:         nn.layer_norm_grad_params
// CHECK:         nn.layer_norm_grad_input
// CHECK-LABEL: func.func @one
// CHECK:         nn.layer_norm_grad_input
func.func @apart(%dy: tensor<6x8xf32>, %x: tensor<6x8xf32>, %scale: tensor<8xf32>, %mean: tensor<6xf32>, %rstd: tensor<6xf32>) -> (tensor<6x8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %dscale, %dbias = nn.layer_norm_grad_params %dy, %x, %mean, %rstd : tensor<6x8xf32>, tensor<6x8xf32>, tensor<6xf32>, tensor<6xf32> to tensor<8xf32>, tensor<8xf32>
  %dx = nn.layer_norm_grad_input %x, %x, %scale, %mean, %rstd : tensor<6x8xf32>, tensor<6x8xf32>, tensor<8xf32>, tensor<6xf32>, tensor<6xf32>
  return %dx, %dscale, %dbias : tensor<6x8xf32>, tensor<8xf32>, tensor<8xf32>
}
func.func @one(%dy: tensor<6x8xf32>, %x: tensor<6x8xf32>, %scale: tensor<8xf32>, %mean: tensor<6xf32>, %rstd: tensor<6xf32>) -> tensor<6x8xf32> {
  %dx = nn.layer_norm_grad_input %dy, %x, %scale, %mean, %rstd : tensor<6x8xf32>, tensor<6x8xf32>, tensor<8xf32>, tensor<6xf32>, tensor<6xf32>
  return %dx : tensor<6x8xf32>
}

// CHECK-LABEL: func.func @residual_block
// CHECK:         %[[Y:[0-9]+]]:3 = nn.launch(%arg0, %arg2, %arg3, %arg1)
// CHECK:           nn.batch_norm_relu %{{.*}} plus %{{.*}} {epsilon
// CHECK:         nn.launch(%arg4, %[[Y]]#0, %arg0, %arg2, %[[Y]]#1, %[[Y]]#2)
// CHECK:           nn.batch_norm_relu_grad
// CHECK-NOT:     nn.relu
// CHECK-NOT:     nn.add
func.func @residual_block(%x: tensor<2x4x3xf32>, %more: tensor<2x4x3xf32>, %scale: tensor<4xf32>, %bias: tensor<4xf32>, %dy: tensor<2x4x3xf32>) -> (tensor<2x4x3xf32>, tensor<2x4x3xf32>) {
  %b, %mean, %variance = nn.batch_norm %x, %scale, %bias {epsilon = 1.0e-05 : f64} : tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>
  %sum = nn.add %more, %b : tensor<2x4x3xf32>, tensor<2x4x3xf32>
  %y = nn.relu %sum : tensor<2x4x3xf32>
  %g = nn.relu_grad %dy, %y : tensor<2x4x3xf32>, tensor<2x4x3xf32>
  %dx, %dscale, %dbias = nn.batch_norm_grad %g, %x, %scale, %mean, %variance {epsilon = 1.0e-05 : f64} : tensor<2x4x3xf32>, tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  return %y, %dx : tensor<2x4x3xf32>, tensor<2x4x3xf32>
}

// Something else reads the sum, and the gradient behind the relu.
// CHECK-LABEL: func.func @read_twice
// CHECK:         nn.batch_norm %
// CHECK:         nn.batch_norm_grad
func.func @read_twice(%x: tensor<2x4x3xf32>, %scale: tensor<4xf32>, %bias: tensor<4xf32>, %dy: tensor<2x4x3xf32>) -> (tensor<2x4x3xf32>, tensor<2x4x3xf32>, tensor<2x4x3xf32>, tensor<2x4x3xf32>) {
  %b, %mean, %variance = nn.batch_norm %x, %scale, %bias {epsilon = 1.0e-05 : f64} : tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>
  %y = nn.relu %b : tensor<2x4x3xf32>
  %g = nn.relu_grad %dy, %y : tensor<2x4x3xf32>, tensor<2x4x3xf32>
  %dx, %dscale, %dbias = nn.batch_norm_grad %g, %x, %scale, %mean, %variance {epsilon = 1.0e-05 : f64} : tensor<2x4x3xf32>, tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  return %b, %y, %g, %dx : tensor<2x4x3xf32>, tensor<2x4x3xf32>, tensor<2x4x3xf32>, tensor<2x4x3xf32>
}
