// RUN: plimsoll-opt %s --nn-build-step=optimizer=sgd 2>&1 | FileCheck %s

// A teacher's batch normalisation stays in inference form.
// CHECK-LABEL: func.func @train
// CHECK:       nn.batch_norm_inference
// CHECK-NOT:   nn.batch_norm_update
// CHECK-LABEL: func.func @evaluate
nn.parameter @w : tensor<4xf32> {trainable}
nn.parameter @teacher.running_mean : tensor<4xf32> {nn.teacher}
nn.parameter @teacher.running_var : tensor<4xf32> {nn.teacher}
func.func @forward(%x: tensor<8x4xf32>) -> tensor<f32> {
  %w = nn.load @w : tensor<4xf32>
  %m = nn.load @teacher.running_mean : tensor<4xf32>
  %v = nn.load @teacher.running_var : tensor<4xf32>
  %y = nn.batch_norm_inference %x, %m, %v, %m, %v {epsilon = 1.0e-05 : f64, momentum = 0.1 : f64} : tensor<8x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  %z = nn.mul %y, %w : tensor<8x4xf32>, tensor<4xf32>
  %loss = nn.reduce_sum %z {axes = array<i64: 0, 1>} : tensor<8x4xf32>
  return %loss : tensor<f32>
}
