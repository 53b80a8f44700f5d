// RUN: plimsoll-opt %s --nn-build-step=optimizer=sgd 2>&1 | FileCheck %s

nn.parameter @w : tensor<4xf32> {trainable}
nn.parameter @b : tensor<4xf32> {trainable}
nn.parameter @running_mean : tensor<4xf32>
nn.parameter @running_var : tensor<4xf32>

// Training normalises by the batch and updates the running statistics once, in a separate
// op; `count` is the number of elements of a channel. Evaluation reads the statistics.
// CHECK: remark: 1 batch normalisation exported in inference form
// CHECK-LABEL: func.func @train
// CHECK-DAG:   %[[MEAN:.*]] = nn.load @running_mean
// CHECK-DAG:   %[[VARIANCE:.*]] = nn.load @running_var
// CHECK:       %[[Y:.*]], %[[M:.*]], %[[V:.*]] = nn.batch_norm %arg0, {{.*}} {epsilon = 1.000000e-05 : f64}
// CHECK:       %[[NEW_MEAN:.*]], %[[NEW_VARIANCE:.*]] = nn.batch_norm_update %[[MEAN]], %[[VARIANCE]], %[[M]], %[[V]] {count = 72 : i64, momentum = 1.000000e-01 : f64}
// CHECK:       nn.store %[[NEW_MEAN]], @running_mean
// CHECK:       nn.store %[[NEW_VARIANCE]], @running_var
// CHECK:       nn.batch_norm_grad %{{.*}}, %arg0, %{{.*}}, %[[M]], %[[V]]
// CHECK-NOT:   nn.batch_norm_inference
// CHECK-LABEL: func.func @evaluate
// CHECK:       nn.batch_norm_inference
// CHECK-NOT:   nn.store
func.func @forward(%x: tensor<8x4x3x3xf32>) -> tensor<f32> {
  %w = nn.load @w : tensor<4xf32>
  %b = nn.load @b : tensor<4xf32>
  %m = nn.load @running_mean : tensor<4xf32>
  %v = nn.load @running_var : tensor<4xf32>
  %y = nn.batch_norm_inference %x, %w, %b, %m, %v {epsilon = 1.0e-05 : f64, momentum = 0.1 : f64} : tensor<8x4x3x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  %square = nn.mul %y, %y : tensor<8x4x3x3xf32>, tensor<8x4x3x3xf32>
  %loss = nn.reduce_sum %square {axes = array<i64: 0, 1, 2, 3>} : tensor<8x4x3x3xf32>
  return %loss : tensor<f32>
}
