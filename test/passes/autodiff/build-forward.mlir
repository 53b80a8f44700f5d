// RUN: plimsoll-opt %s --nn-build-forward=gradients | FileCheck %s
// RUN: plimsoll-opt %s --nn-build-forward | FileCheck %s --check-prefix=PLAIN

// PLAIN: func.func @evaluate(%arg0: tensor<4xf32> {nn.name = "x"}) -> (tensor<4xf32> {nn.name = "y"})
// PLAIN-NOT: nn.mul

// CHECK: func.func @evaluate
// CHECK-SAME: nn.name = "weight:y"
// CHECK-SAME: nn.name = "gradient:x"
// CHECK: %[[Y:.*]] = nn.tanh
// CHECK: nn.mul %[[Y]], %arg1
// CHECK: nn.tanh_grad
func.func @forward(%x: tensor<4xf32> {nn.name = "x"}) -> (tensor<4xf32> {nn.name = "y"}) {
  %y = nn.tanh %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
