// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// CHECK-LABEL: func.func @reduce
func.func @reduce(%x: tensor<4x8xf32>, %i: tensor<8xi32>, %dy: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<i32>, tensor<4x8xf32>) {
  // CHECK: nn.reduce max %{{.*}} : tensor<4x8xf32>
  %0 = nn.reduce max %x : tensor<4x8xf32>
  // CHECK: nn.reduce prod %{{.*}} : tensor<4x8xf32>
  %1 = nn.reduce prod %x : tensor<4x8xf32>
  // CHECK: nn.reduce sum %{{.*}} : tensor<8xi32>
  %2 = nn.reduce sum %i : tensor<8xi32>
  // CHECK: nn.reduce_prod_grad %{{.*}}, %{{.*}} : tensor<4xf32>, tensor<4x8xf32>
  %3 = nn.reduce_prod_grad %dy, %x : tensor<4xf32>, tensor<4x8xf32>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<4xf32>, tensor<i32>, tensor<4x8xf32>
}

// CHECK-LABEL: func.func @order
func.func @order(%x: tensor<4x8xf64>) -> (tensor<4xi64>, tensor<4x8xf64>, tensor<4x3xf64>, tensor<4x3xi64>, tensor<4x8xf64>) {
  // CHECK: nn.arg_reduce min %{{.*}} {last} : tensor<4x8xf64>
  %0 = nn.arg_reduce min %x {last} : tensor<4x8xf64>
  // CHECK: nn.cum_sum %{{.*}} {exclusive, reverse} : tensor<4x8xf64>
  %1 = nn.cum_sum %x {exclusive, reverse} : tensor<4x8xf64>
  // CHECK: nn.top_k %{{.*}} {k = 3 : i64, smallest} : tensor<4x8xf64>
  %2, %3 = nn.top_k %x {k = 3 : i64, smallest} : tensor<4x8xf64>
  // CHECK: nn.log_softmax %{{.*}} : tensor<4x8xf64>
  %4 = nn.log_softmax %x : tensor<4x8xf64>
  return %0, %1, %2, %3, %4 : tensor<4xi64>, tensor<4x8xf64>, tensor<4x3xf64>, tensor<4x3xi64>, tensor<4x8xf64>
}

// CHECK-LABEL: func.func @rotary
func.func @rotary(%x: tensor<4x16x8x64xf32>, %t: tensor<1x16x1x64xf32>) -> tensor<4x16x8x64xf32> {
  // CHECK: nn.rotary %{{.*}}, %{{.*}}, %{{.*}} {transposed} : tensor<4x16x8x64xf32>, tensor<1x16x1x64xf32>
  %0 = nn.rotary %x, %t, %t {transposed} : tensor<4x16x8x64xf32>, tensor<1x16x1x64xf32>
  return %0 : tensor<4x16x8x64xf32>
}
