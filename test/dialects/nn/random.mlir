// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// CHECK-LABEL: func.func @dropout
func.func @dropout(%x: tensor<4x6xf32>, %hyper: tensor<16xf32>) -> tensor<4x6xf32> {
  // CHECK: nn.dropout %{{.*}} {p = 5.000000e-01 : f64, stream = 0 : i32} : tensor<4x6xf32>{{$}}
  %0 = nn.dropout %x {p = 0.5 : f64, stream = 0 : i32} : tensor<4x6xf32>
  // CHECK: nn.dropout %{{.*}}, %{{.*}} {p = 1.000000e-01 : f64, stream = 1 : i32} : tensor<4x6xf32>, tensor<16xf32>
  %1 = nn.dropout %0, %hyper {p = 0.1 : f64, stream = 1 : i32} : tensor<4x6xf32>, tensor<16xf32>
  return %1 : tensor<4x6xf32>
}

// CHECK-LABEL: func.func @random
func.func @random(%hyper: tensor<16xf32>) -> (tensor<4x6xf32>, tensor<5xf64>) {
  // CHECK: nn.random uniform %{{.*}} {stream = 0 : i32} : (tensor<16xf32>) -> tensor<4x6xf32>
  %0 = nn.random uniform %hyper {stream = 0 : i32} : (tensor<16xf32>) -> tensor<4x6xf32>
  // CHECK: nn.random normal {stream = 1 : i32} : () -> tensor<5xf64>
  %1 = nn.random normal {stream = 1 : i32} : () -> tensor<5xf64>
  return %0, %1 : tensor<4x6xf32>, tensor<5xf64>
}
