// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// CHECK: nn.parameter @h.0.weight : tensor<64x32xf32> {aliases = ["head.weight"], decayed, source = #nn.bytes<file = "m.onnx", offset = 256, size = 8192>, trainable, transposed}
nn.parameter @h.0.weight : tensor<64x32xf32> {aliases = ["head.weight"], trainable, decayed,
    transposed, source = #nn.bytes<file = "m.onnx", offset = 256, size = 8192>}
// CHECK: nn.parameter @h.0.bias : tensor<32xf32> {role = "bias", trainable}
nn.parameter @h.0.bias : tensor<32xf32> {trainable, role = "bias"}
// CHECK: nn.state @h.0.weight.exp_avg : tensor<64x32xf32> {of = @h.0.weight, slot = "exp_avg"}
nn.state @h.0.weight.exp_avg : tensor<64x32xf32> {of = @h.0.weight, slot = "exp_avg"}

// CHECK-LABEL: func.func @updates
func.func @updates(%g: tensor<64x32xf32>, %h: tensor<16xf32>) -> (tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>) {
  // CHECK: nn.load @h.0.weight : tensor<64x32xf32>
  %w = nn.load @h.0.weight : tensor<64x32xf32>
  // CHECK: nn.load @h.0.weight.exp_avg : tensor<64x32xf32>
  %m = nn.load @h.0.weight.exp_avg : tensor<64x32xf32>
  // CHECK: nn.adamw %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {beta1 = 9.000000e-01 : f64, beta2 = 5.000000e-01 : f64, decayed, epsilon = 1.250000e-01 : f64} : tensor<64x32xf32>, tensor<16xf32>
  %0, %1, %2 = nn.adamw %w, %g, %m, %m, %h {beta1 = 9.000000e-01 : f64, beta2 = 5.000000e-01 : f64, decayed, epsilon = 1.250000e-01 : f64} : tensor<64x32xf32>, tensor<16xf32>
  // CHECK: nn.sgd %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {momentum = 9.000000e-01 : f64, nesterov} : tensor<64x32xf32>, tensor<16xf32>
  %3, %4 = nn.sgd %w, %g, %m, %h {momentum = 9.000000e-01 : f64, nesterov} : tensor<64x32xf32>, tensor<16xf32>
  // CHECK: nn.sgd_plain %{{.*}}, %{{.*}}, %{{.*}} {decayed} : tensor<64x32xf32>, tensor<16xf32>
  %5 = nn.sgd_plain %w, %g, %h {decayed} : tensor<64x32xf32>, tensor<16xf32>
  // CHECK: nn.store %{{.*}}, @h.0.weight : tensor<64x32xf32>
  nn.store %0, @h.0.weight : tensor<64x32xf32>
  // CHECK: nn.store %{{.*}}, @h.0.weight.exp_avg : tensor<64x32xf32>
  nn.store %1, @h.0.weight.exp_avg : tensor<64x32xf32>
  return %2, %3, %4, %5 : tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>
}

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
