// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-launches))' --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s

// The launch that computes a loss and the gradient of its scores says what its third result is the
// gradient of, beside the number of the loss.
// CHECK: nn.cross_entropy_with_grad {{.*}} loc(fused<#nn.phase<forward values = 7 gradients = [2 : 5, 2 : 6]>>["loss"])
func.func @loss_and_gradient(%x: tensor<4x8xf32>, %l: tensor<4xi64>) -> (tensor<f32>, tensor<4x8xf32>) {
  %loss, %accuracy = nn.cross_entropy %x, %l : tensor<4x8xf32>, tensor<4xi64> loc(fused<#nn.phase<forward values = 7>>["loss"])
  %one = nn.constant dense<1.0> : tensor<f32>
  %d = nn.cross_entropy_grad %x, %l, %one : tensor<4x8xf32>, tensor<4xi64>, tensor<f32> loc(fused<#nn.phase<backward gradients = [0 : 5, 0 : 6]>>["loss"])
  return %loss, %d : tensor<f32>, tensor<4x8xf32>
}
