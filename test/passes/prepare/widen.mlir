// RUN: plimsoll-opt %s --nn-widen | FileCheck %s

// CHECK: nn.parameter @w : tensor<2xf64> {nn.single_source = #nn.bytes<file = "m.onnx", offset = 0, size = 8>}
nn.parameter @w : tensor<2xf32> {source = #nn.bytes<file = "m.onnx", offset = 0, size = 8>}

// CHECK-LABEL: func @forward
// CHECK-SAME:  tensor<3x2xf64>
// CHECK-SAME:  tensor<3xi64>
// CHECK-SAME:  -> tensor<3x2xf64>
func.func @forward(%x: tensor<3x2xf32>, %i: tensor<3xi64>) -> tensor<3x2xf32> {
  // CHECK: nn.load @w : tensor<2xf64>
  %w = nn.load @w : tensor<2xf32>
  // CHECK: nn.constant dense<[5.000000e-01, 2.000000e+00]> : tensor<2xf64>
  %c = nn.constant dense<[0.5, 2.0]> : tensor<2xf32>
  %y = nn.mul %x, %w : tensor<3x2xf32>, tensor<2xf32>
  // CHECK: nn.add {{.*}} : tensor<3x2xf64>, tensor<2xf64>
  %z = nn.add %y, %c : tensor<3x2xf32>, tensor<2xf32>
  return %z : tensor<3x2xf32>
}
