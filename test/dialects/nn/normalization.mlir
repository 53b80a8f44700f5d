// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// CHECK-LABEL: func.func @layer_norm
func.func @layer_norm(%x: tensor<4x16x64xf32>, %s: tensor<64xf32>) -> (tensor<4x16x64xf32>, tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16x64xf32>, tensor<64xf32>, tensor<64xf32>) {
  // CHECK: nn.layer_norm %{{.*}}, %{{.*}}, %{{.*}} {epsilon = 1.000000e-05 : f64} : tensor<4x16x64xf32>, tensor<64xf32>, tensor<64xf32>
  %0, %1, %2 = nn.layer_norm %x, %s, %s {epsilon = 1.000000e-05 : f64} : tensor<4x16x64xf32>, tensor<64xf32>, tensor<64xf32>
  // CHECK: nn.layer_norm %{{.*}}, %{{.*}} {epsilon = 1.000000e-05 : f64} : tensor<4x16x64xf32>, tensor<64xf32>
  %3, %4, %5 = nn.layer_norm %x, %s {epsilon = 1.000000e-05 : f64} : tensor<4x16x64xf32>, tensor<64xf32>
  // CHECK: nn.layer_norm_grad_input %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<4x16x64xf32>, tensor<4x16x64xf32>, tensor<64xf32>, tensor<4x16xf32>, tensor<4x16xf32>
  %6 = nn.layer_norm_grad_input %x, %x, %s, %1, %2 : tensor<4x16x64xf32>, tensor<4x16x64xf32>, tensor<64xf32>, tensor<4x16xf32>, tensor<4x16xf32>
  // CHECK: nn.layer_norm_grad_params %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<4x16x64xf32>, tensor<4x16x64xf32>, tensor<4x16xf32>, tensor<4x16xf32> to tensor<64xf32>, tensor<64xf32>
  %7, %8 = nn.layer_norm_grad_params %x, %x, %1, %2 : tensor<4x16x64xf32>, tensor<4x16x64xf32>, tensor<4x16xf32>, tensor<4x16xf32> to tensor<64xf32>, tensor<64xf32>
  return %0, %1, %2, %6, %7, %8 : tensor<4x16x64xf32>, tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16x64xf32>, tensor<64xf32>, tensor<64xf32>
}

// CHECK-LABEL: func.func @several_dimensions
func.func @several_dimensions(%x: tensor<4x16x64xf32>, %s: tensor<16x64xf32>) -> (tensor<4x16x64xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK: nn.layer_norm %{{.*}}, %{{.*}} {epsilon = {{.*}} : f64} : tensor<4x16x64xf32>, tensor<16x64xf32>
  %0, %1, %2 = nn.layer_norm %x, %s {epsilon = 1.000000e-12 : f64} : tensor<4x16x64xf32>, tensor<16x64xf32>
  return %0, %1, %2 : tensor<4x16x64xf32>, tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @batch_norm
func.func @batch_norm(%x: tensor<8x4x3x3xf32>, %s: tensor<4xf32>) -> (tensor<8x4x3x3xf32>, tensor<8x4x3x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<8x4x3x3xf32>) {
  // CHECK: nn.batch_norm %{{.*}}, %{{.*}}, %{{.*}} {epsilon = 1.000000e-05 : f64} : tensor<8x4x3x3xf32>, tensor<4xf32>, tensor<4xf32>
  %0, %1, %2 = nn.batch_norm %x, %s, %s {epsilon = 1.000000e-05 : f64} : tensor<8x4x3x3xf32>, tensor<4xf32>, tensor<4xf32>
  // CHECK: nn.batch_norm_grad %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {epsilon = 1.000000e-05 : f64} : tensor<8x4x3x3xf32>, tensor<8x4x3x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  %3, %4, %5 = nn.batch_norm_grad %0, %x, %s, %1, %2 {epsilon = 1.000000e-05 : f64} : tensor<8x4x3x3xf32>, tensor<8x4x3x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  // CHECK: nn.batch_norm_inference %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {epsilon = 1.000000e-05 : f64, momentum = 1.000000e-01 : f64}
  %6 = nn.batch_norm_inference %x, %s, %s, %1, %2 {epsilon = 1.000000e-05 : f64, momentum = 1.000000e-01 : f64} : tensor<8x4x3x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  // CHECK: nn.batch_norm_update %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {count = 72 : i64, momentum = 1.000000e-01 : f64} : tensor<4xf32>
  %7, %8 = nn.batch_norm_update %s, %s, %1, %2 {count = 72 : i64, momentum = 1.000000e-01 : f64} : tensor<4xf32>
  return %0, %3, %7, %8, %6 : tensor<8x4x3x3xf32>, tensor<8x4x3x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<8x4x3x3xf32>
}
