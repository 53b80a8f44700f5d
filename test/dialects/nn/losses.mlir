// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// CHECK-LABEL: func.func @losses
func.func @losses(%x: tensor<4x6x10xf32>, %l: tensor<4x6xi64>) -> (tensor<f32>, tensor<f32>, tensor<4x6x10xf32>, tensor<f32>, tensor<f32>, tensor<4x6x10xf32>) {
  // CHECK: nn.cross_entropy %{{.*}}, %{{.*}} : tensor<4x6x10xf32>, tensor<4x6xi64>
  %0, %1 = nn.cross_entropy %x, %l : tensor<4x6x10xf32>, tensor<4x6xi64>
  // CHECK: nn.cross_entropy_grad %{{.*}}, %{{.*}}, %{{.*}} : tensor<4x6x10xf32>, tensor<4x6xi64>, tensor<f32>
  %2 = nn.cross_entropy_grad %x, %l, %0 : tensor<4x6x10xf32>, tensor<4x6xi64>, tensor<f32>
  // CHECK: nn.cross_entropy_with_grad %{{.*}}, %{{.*}} : tensor<4x6x10xf32>, tensor<4x6xi64>
  %3, %4, %5 = nn.cross_entropy_with_grad %x, %l : tensor<4x6x10xf32>, tensor<4x6xi64>
  return %0, %1, %2, %3, %4, %5 : tensor<f32>, tensor<f32>, tensor<4x6x10xf32>, tensor<f32>, tensor<f32>, tensor<4x6x10xf32>
}

// CHECK-LABEL: func.func @classes
func.func @classes(%x: tensor<4x6x10xf32>, %l: tensor<4x6xi64>, %w: tensor<10xf32>) -> (tensor<f32>, tensor<4x6x10xf32>, tensor<4x6x10xf32>) {
  // CHECK: nn.cross_entropy %{{.*}}, %{{.*}} weights %{{.*}} {ignore_index = 0 : i64, label_smoothing = 1.250000e-01 : f64} : tensor<4x6x10xf32>, tensor<4x6xi64>, tensor<10xf32>
  %0, %1 = nn.cross_entropy %x, %l weights %w {ignore_index = 0 : i64, label_smoothing = 0.125 : f64} : tensor<4x6x10xf32>, tensor<4x6xi64>, tensor<10xf32>
  // CHECK: nn.cross_entropy_grad %{{.*}} weights %{{.*}} : tensor<4x6x10xf32>, tensor<4x6xi64>, tensor<f32>, tensor<10xf32>
  %2 = nn.cross_entropy_grad %x, %l, %0 weights %w : tensor<4x6x10xf32>, tensor<4x6xi64>, tensor<f32>, tensor<10xf32>
  // CHECK: nn.cross_entropy_with_grad %{{.*}} weights %{{.*}} : tensor<4x6x10xf32>, tensor<4x6xi64>, tensor<10xf32>
  %3, %4, %5 = nn.cross_entropy_with_grad %x, %l weights %w : tensor<4x6x10xf32>, tensor<4x6xi64>, tensor<10xf32>
  return %0, %2, %5 : tensor<f32>, tensor<4x6x10xf32>, tensor<4x6x10xf32>
}

// CHECK-LABEL: func.func @comparisons
func.func @comparisons(%x: tensor<4x6x10xf32>, %t: tensor<4x6x10xf32>) -> (tensor<f32>, tensor<4x6x10xf32>, tensor<f32>, tensor<4x6x10xf32>) {
  // CHECK: nn.kl_divergence %{{.*}}, %{{.*}} {temperature = 2.000000e+00 : f64} : tensor<4x6x10xf32>
  %0 = nn.kl_divergence %x, %t {temperature = 2.0 : f64} : tensor<4x6x10xf32>
  // CHECK: nn.kl_divergence_grad %{{.*}}, %{{.*}}, %{{.*}} {temperature = 2.000000e+00 : f64} : tensor<4x6x10xf32>, tensor<f32>
  %1 = nn.kl_divergence_grad %x, %t, %0 {temperature = 2.0 : f64} : tensor<4x6x10xf32>, tensor<f32>
  // CHECK: nn.pointwise_loss huber %{{.*}}, %{{.*}} {delta = 5.000000e-01 : f64} : tensor<4x6x10xf32>
  %2 = nn.pointwise_loss huber %x, %t {delta = 0.5 : f64} : tensor<4x6x10xf32>
  // CHECK: nn.pointwise_loss_grad bce_with_logits %{{.*}}, %{{.*}}, %{{.*}} : tensor<4x6x10xf32>, tensor<f32>
  %3 = nn.pointwise_loss_grad bce_with_logits %x, %t, %2 : tensor<4x6x10xf32>, tensor<f32>
  // CHECK: nn.kl_divergence %{{.*}}, %{{.*}} {batch = 64 : i64, temperature = 2.000000e+00 : f64} : tensor<4x6x10xf32>
  %4 = nn.kl_divergence %x, %t {batch = 64 : i64, temperature = 2.0 : f64} : tensor<4x6x10xf32>
  // CHECK: nn.kl_divergence_grad %{{.*}} {batch = 64 : i64, temperature = 2.000000e+00 : f64} : tensor<4x6x10xf32>, tensor<f32>
  %5 = nn.kl_divergence_grad %x, %t, %4 {batch = 64 : i64, temperature = 2.0 : f64} : tensor<4x6x10xf32>, tensor<f32>
  return %0, %1, %2, %3 : tensor<f32>, tensor<4x6x10xf32>, tensor<f32>, tensor<4x6x10xf32>
}

// CHECK-LABEL: func.func @pixels
func.func @pixels(%x: tensor<2x5x3x4xf32>, %l: tensor<2x3x4xi64>) -> (tensor<f32>, tensor<2x5x3x4xf32>) {
  // CHECK: nn.cross_entropy %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<2x5x3x4xf32>, tensor<2x3x4xi64>
  %0, %1 = nn.cross_entropy %x, %l {axis = 1 : i64} : tensor<2x5x3x4xf32>, tensor<2x3x4xi64>
  // CHECK: nn.cross_entropy_grad %{{.*}} {axis = 1 : i64} : tensor<2x5x3x4xf32>
  %2 = nn.cross_entropy_grad %x, %l, %0 {axis = 1 : i64} : tensor<2x5x3x4xf32>, tensor<2x3x4xi64>, tensor<f32>
  return %0, %2 : tensor<f32>, tensor<2x5x3x4xf32>
}
