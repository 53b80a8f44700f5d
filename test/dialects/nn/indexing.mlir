// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// CHECK-LABEL: func.func @elements
func.func @elements(%x: tensor<4x8xf32>, %i: tensor<4x2xi64>, %u: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x8xf32>) {
  // CHECK: nn.gather_elements %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<4x8xf32>, tensor<4x2xi64>
  %0 = nn.gather_elements %x, %i {axis = 1 : i64} : tensor<4x8xf32>, tensor<4x2xi64>
  // CHECK: nn.scatter_elements add %{{.*}}, %{{.*}}, %{{.*}} {axis = 1 : i64}
  %1 = nn.scatter_elements add %x, %i, %u {axis = 1 : i64}
      : tensor<4x8xf32>, tensor<4x2xi64>, tensor<4x2xf32>
  return %0, %1 : tensor<4x2xf32>, tensor<4x8xf32>
}
