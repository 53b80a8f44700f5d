// RUN: plimsoll-opt %s --nn-build-check | FileCheck %s

nn.parameter @w : tensor<4xf64> {trainable}

// The gradient of the product flows through only one factor, and the op is removed: in training,
// and in functions that are not differentiated.
// CHECK-LABEL: func.func @train
// CHECK-NOT:   nn.stop_gradient
// CHECK:       %[[W:.*]] = nn.load @w
// CHECK:       nn.mul %[[W]], %[[W]]
// CHECK:       %[[D:.*]] = nn.mul %{{.*}}, %[[W]]
// CHECK-NOT:   nn.mul
// CHECK:       return %{{.*}}, %[[D]]
// CHECK-LABEL: func.func @evaluate
// CHECK-NOT:   nn.stop_gradient
func.func @forward(%x: tensor<4xf64>) -> (tensor<f64> {nn.name = "total"}) {
  %w = nn.load @w : tensor<4xf64>
  %c = nn.stop_gradient %w : tensor<4xf64>
  %a = nn.mul %w, %c : tensor<4xf64>, tensor<4xf64>
  %s = nn.reduce_sum %a {axes = array<i64: 0>} : tensor<4xf64>
  return %s : tensor<f64>
}
