// RUN: plimsoll-opt %s --nn-build-check --split-input-file | FileCheck %s
// RUN: plimsoll-opt %s --nn-build-check=weigh --split-input-file | FileCheck %s --check-prefix=WEIGH

nn.parameter @w : tensor<4xf64> {trainable}
nn.parameter @frozen : tensor<4xf64>

// The loss with its gradients, and the same loss alone; nothing is updated.
// CHECK-LABEL: func.func @train
// CHECK-SAME:  -> (tensor<f64> {nn.name = "loss"}, tensor<4xf64> {nn.name = "gradient:w"})
// CHECK-NOT:   nn.store
// CHECK-LABEL: func.func @evaluate
// CHECK-SAME:  -> (tensor<f64> {nn.name = "loss"})

// WEIGH-LABEL: func.func @train
// WEIGH-SAME:  nn.name = "weight:total"
// WEIGH-SAME:  nn.name = "weight:y"
// WEIGH-SAME:  nn.name = "gradient:w"
func.func @forward(%x: tensor<4xf64>) -> (tensor<f64> {nn.name = "total"}, tensor<4xf64> {nn.name = "y"}) {
  %w = nn.load @w : tensor<4xf64>
  %f = nn.load @frozen : tensor<4xf64>
  %a = nn.mul %x, %w : tensor<4xf64>, tensor<4xf64>
  %b = nn.mul %a, %f : tensor<4xf64>, tensor<4xf64>
  %s = nn.reduce_sum %b {axes = array<i64: 0>} : tensor<4xf64>
  return %s, %b : tensor<f64>, tensor<4xf64>
}

// -----

nn.parameter @scale : tensor<2xf64> {trainable}
nn.parameter @bias : tensor<2xf64> {trainable}
nn.parameter @mean : tensor<2xf64>
nn.parameter @variance : tensor<2xf64>

// Both normalise by the batch, and neither updates the running statistics.
// CHECK-LABEL: func.func @train
// CHECK:       nn.batch_norm %
// CHECK-NOT:   nn.batch_norm_update
// CHECK-NOT:   nn.store
// CHECK-LABEL: func.func @evaluate
// CHECK:       nn.batch_norm %
// WEIGH:       func.func @train
func.func @forward(%x: tensor<3x2x4xf64>) -> (tensor<f64> {nn.name = "loss"}) {
  %s = nn.load @scale : tensor<2xf64>
  %b = nn.load @bias : tensor<2xf64>
  %m = nn.load @mean : tensor<2xf64>
  %v = nn.load @variance : tensor<2xf64>
  %y = nn.batch_norm_inference %x, %s, %b, %m, %v {epsilon = 1.0e-05 : f64, momentum = 0.1 : f64} : tensor<3x2x4xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>
  %t = nn.reduce_sum %y {axes = array<i64: 0, 1, 2>} : tensor<3x2x4xf64>
  return %t : tensor<f64>
}
