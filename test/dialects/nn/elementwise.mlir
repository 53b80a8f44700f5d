// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// Every elementwise op. The functions verify only if the inferred types are the returned ones.

// CHECK-LABEL: func.func @unary
func.func @unary(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  // CHECK: nn.neg %{{.*}} : tensor<4x8xf32>
  %0 = nn.neg %x : tensor<4x8xf32>
  // CHECK: nn.abs %{{.*}} : tensor<4x8xf32>
  %1 = nn.abs %x : tensor<4x8xf32>
  // CHECK: nn.exp %{{.*}} : tensor<4x8xf32>
  %2 = nn.exp %x : tensor<4x8xf32>
  // CHECK: nn.log %{{.*}} : tensor<4x8xf32>
  %3 = nn.log %x : tensor<4x8xf32>
  // CHECK: nn.sqrt %{{.*}} : tensor<4x8xf32>
  %4 = nn.sqrt %x : tensor<4x8xf32>
  // CHECK: nn.reciprocal %{{.*}} : tensor<4x8xf32>
  %5 = nn.reciprocal %x : tensor<4x8xf32>
  // CHECK: nn.sin %{{.*}} : tensor<4x8xf32>
  %6 = nn.sin %x : tensor<4x8xf32>
  // CHECK: nn.cos %{{.*}} : tensor<4x8xf32>
  %7 = nn.cos %x : tensor<4x8xf32>
  // CHECK: nn.tan %{{.*}} : tensor<4x8xf32>
  %tan = nn.tan %x : tensor<4x8xf32>
  // CHECK: nn.asin %{{.*}} : tensor<4x8xf32>
  %asin = nn.asin %x : tensor<4x8xf32>
  // CHECK: nn.acos %{{.*}} : tensor<4x8xf32>
  %acos = nn.acos %x : tensor<4x8xf32>
  // CHECK: nn.atan %{{.*}} : tensor<4x8xf32>
  %atan = nn.atan %x : tensor<4x8xf32>
  // CHECK: nn.sinh %{{.*}} : tensor<4x8xf32>
  %sinh = nn.sinh %x : tensor<4x8xf32>
  // CHECK: nn.cosh %{{.*}} : tensor<4x8xf32>
  %cosh = nn.cosh %x : tensor<4x8xf32>
  // CHECK: nn.asinh %{{.*}} : tensor<4x8xf32>
  %asinh = nn.asinh %x : tensor<4x8xf32>
  // CHECK: nn.acosh %{{.*}} : tensor<4x8xf32>
  %acosh = nn.acosh %x : tensor<4x8xf32>
  // CHECK: nn.atanh %{{.*}} : tensor<4x8xf32>
  %atanh = nn.atanh %x : tensor<4x8xf32>
  // CHECK: nn.tanh %{{.*}} : tensor<4x8xf32>
  %8 = nn.tanh %x : tensor<4x8xf32>
  // CHECK: nn.erf %{{.*}} : tensor<4x8xf32>
  %9 = nn.erf %x : tensor<4x8xf32>
  // CHECK: nn.sigmoid %{{.*}} : tensor<4x8xf32>
  %10 = nn.sigmoid %x : tensor<4x8xf32>
  // CHECK: nn.relu %{{.*}} : tensor<4x8xf32>
  %11 = nn.relu %x : tensor<4x8xf32>
  return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}

// CHECK-LABEL: func.func @unary_f64
func.func @unary_f64(%x: tensor<3xf64>) -> tensor<3xf64> {
  // CHECK: nn.exp %{{.*}} : tensor<3xf64>
  %0 = nn.exp %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}

// CHECK-LABEL: func.func @gelu
func.func @gelu(%x: tensor<4x8xf32>, %dy: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  // CHECK: nn.gelu %{{.*}} : tensor<4x8xf32>
  %0 = nn.gelu %x : tensor<4x8xf32>
  // CHECK: nn.gelu %{{.*}} {tanh_approximation} : tensor<4x8xf32>
  %1 = nn.gelu %x {tanh_approximation} : tensor<4x8xf32>
  // CHECK: nn.gelu_grad %{{.*}}, %{{.*}} {tanh_approximation} : tensor<4x8xf32>, tensor<4x8xf32>
  %2 = nn.gelu_grad %dy, %x {tanh_approximation} : tensor<4x8xf32>, tensor<4x8xf32>
  return %0, %1, %2 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}

// CHECK-LABEL: func.func @kept
func.func @kept(%dy: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  // CHECK: nn.tanh_grad %{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<4x8xf32>
  %0 = nn.tanh_grad %dy, %y : tensor<4x8xf32>, tensor<4x8xf32>
  // CHECK: nn.sigmoid_grad %{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<4x8xf32>
  %1 = nn.sigmoid_grad %dy, %y : tensor<4x8xf32>, tensor<4x8xf32>
  // CHECK: nn.relu_grad %{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<4x8xf32>
  %2 = nn.relu_grad %dy, %y : tensor<4x8xf32>, tensor<4x8xf32>
  return %0, %1, %2 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}

// Sizes of 1 and missing leading dimensions are repeated, on either side.
// CHECK-LABEL: func.func @broadcast
func.func @broadcast(%a: tensor<4x1x8xf32>, %b: tensor<5x1xf32>) -> (tensor<4x5x8xf32>, tensor<4x5x8xf32>, tensor<4x5x8xf32>, tensor<4x5x8xf32>, tensor<4x5x8xf32>) {
  // CHECK: nn.add %{{.*}}, %{{.*}} : tensor<4x1x8xf32>, tensor<5x1xf32>
  %0 = nn.add %a, %b : tensor<4x1x8xf32>, tensor<5x1xf32>
  // CHECK: nn.sub %{{.*}}, %{{.*}} : tensor<4x1x8xf32>, tensor<5x1xf32>
  %1 = nn.sub %a, %b : tensor<4x1x8xf32>, tensor<5x1xf32>
  // CHECK: nn.mul %{{.*}}, %{{.*}} : tensor<4x1x8xf32>, tensor<5x1xf32>
  %2 = nn.mul %a, %b : tensor<4x1x8xf32>, tensor<5x1xf32>
  // CHECK: nn.div %{{.*}}, %{{.*}} : tensor<4x1x8xf32>, tensor<5x1xf32>
  %3 = nn.div %a, %b : tensor<4x1x8xf32>, tensor<5x1xf32>
  // CHECK: nn.pow %{{.*}}, %{{.*}} : tensor<4x1x8xf32>, tensor<5x1xf32>
  %4 = nn.pow %a, %b : tensor<4x1x8xf32>, tensor<5x1xf32>
  return %0, %1, %2, %3, %4 : tensor<4x5x8xf32>, tensor<4x5x8xf32>, tensor<4x5x8xf32>, tensor<4x5x8xf32>, tensor<4x5x8xf32>
}

// CHECK-LABEL: func.func @scalar
func.func @scalar(%a: tensor<f32>, %b: tensor<4x8xf32>, %i: tensor<3xi64>) -> (tensor<4x8xf32>, tensor<3xi64>) {
  // CHECK: nn.add %{{.*}}, %{{.*}} : tensor<f32>, tensor<4x8xf32>
  %0 = nn.add %a, %b : tensor<f32>, tensor<4x8xf32>
  // CHECK: nn.mul %{{.*}}, %{{.*}} : tensor<3xi64>, tensor<3xi64>
  %1 = nn.mul %i, %i : tensor<3xi64>, tensor<3xi64>
  return %0, %1 : tensor<4x8xf32>, tensor<3xi64>
}

// CHECK-LABEL: func.func @logic
func.func @logic(%a: tensor<4x8xi1>, %b: tensor<8xi1>, %x: tensor<4x8xf32>) -> (tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>) {
  // CHECK: nn.and %{{.*}}, %{{.*}} : tensor<4x8xi1>, tensor<8xi1>
  %0 = nn.and %a, %b : tensor<4x8xi1>, tensor<8xi1>
  // CHECK: nn.or %{{.*}}, %{{.*}} : tensor<8xi1>, tensor<4x8xi1>
  %1 = nn.or %b, %a : tensor<8xi1>, tensor<4x8xi1>
  // CHECK: nn.not %{{.*}} : tensor<4x8xi1>
  %2 = nn.not %a : tensor<4x8xi1>
  // CHECK: nn.is_nan %{{.*}} : tensor<4x8xf32>
  %3 = nn.is_nan %x : tensor<4x8xf32>
  return %0, %1, %2, %3 : tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>
}

// CHECK-LABEL: func.func @compare
func.func @compare(%a: tensor<4x8xi64>, %b: tensor<8xi64>) -> (tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>) {
  // CHECK: nn.compare eq %{{.*}}, %{{.*}} : tensor<4x8xi64>, tensor<8xi64>
  %0 = nn.compare eq %a, %b : tensor<4x8xi64>, tensor<8xi64>
  // CHECK: nn.compare lt %{{.*}}, %{{.*}} : tensor<4x8xi64>, tensor<8xi64>
  %1 = nn.compare lt %a, %b : tensor<4x8xi64>, tensor<8xi64>
  // CHECK: nn.compare le %{{.*}}, %{{.*}} : tensor<4x8xi64>, tensor<8xi64>
  %2 = nn.compare le %a, %b : tensor<4x8xi64>, tensor<8xi64>
  // CHECK: nn.compare gt %{{.*}}, %{{.*}} : tensor<4x8xi64>, tensor<8xi64>
  %3 = nn.compare gt %a, %b : tensor<4x8xi64>, tensor<8xi64>
  // CHECK: nn.compare ge %{{.*}}, %{{.*}} : tensor<4x8xi64>, tensor<8xi64>
  %4 = nn.compare ge %a, %b : tensor<4x8xi64>, tensor<8xi64>
  return %0, %1, %2, %3, %4 : tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>
}

// CHECK-LABEL: func.func @select
func.func @select(%c: tensor<8x8xi1>, %a: tensor<4x8x8xf32>, %b: tensor<f32>) -> tensor<4x8x8xf32> {
  // CHECK: nn.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<8x8xi1>, tensor<4x8x8xf32>, tensor<f32>
  %0 = nn.select %c, %a, %b : tensor<8x8xi1>, tensor<4x8x8xf32>, tensor<f32>
  return %0 : tensor<4x8x8xf32>
}

// CHECK-LABEL: func.func @cast
func.func @cast(%x: tensor<4x8xi64>, %y: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xi1>) {
  // CHECK: nn.cast %{{.*}} {to = f32} : tensor<4x8xi64>
  %0 = nn.cast %x {to = f32} : tensor<4x8xi64>
  // CHECK: nn.cast %{{.*}} {to = i1} : tensor<4x8xf32>
  %1 = nn.cast %y {to = i1} : tensor<4x8xf32>
  return %0, %1 : tensor<4x8xf32>, tensor<4x8xi1>
}

// CHECK-LABEL: func.func @steps
func.func @steps(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  // CHECK: nn.sign %{{.*}} : tensor<4x8xf32>
  %0 = nn.sign %x : tensor<4x8xf32>
  // CHECK: nn.floor %{{.*}} : tensor<4x8xf32>
  %1 = nn.floor %x : tensor<4x8xf32>
  // CHECK: nn.ceil %{{.*}} : tensor<4x8xf32>
  %2 = nn.ceil %x : tensor<4x8xf32>
  // CHECK: nn.round %{{.*}} : tensor<4x8xf32>
  %3 = nn.round %x : tensor<4x8xf32>
  return %0, %1, %2, %3 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}

// CHECK-LABEL: func.func @extremes
func.func @extremes(%a: tensor<4x8xui8>, %b: tensor<8xui8>, %c: tensor<8xi1>) -> (tensor<4x8xui8>, tensor<4x8xui8>, tensor<4x8xui8>, tensor<8xi1>) {
  // CHECK: nn.min %{{.*}}, %{{.*}} : tensor<4x8xui8>, tensor<8xui8>
  %0 = nn.min %a, %b : tensor<4x8xui8>, tensor<8xui8>
  // CHECK: nn.max %{{.*}}, %{{.*}} : tensor<4x8xui8>, tensor<8xui8>
  %1 = nn.max %a, %b : tensor<4x8xui8>, tensor<8xui8>
  // CHECK: nn.mod %{{.*}}, %{{.*}} {truncated} : tensor<4x8xui8>, tensor<8xui8>
  %2 = nn.mod %a, %b {truncated} : tensor<4x8xui8>, tensor<8xui8>
  // CHECK: nn.xor %{{.*}}, %{{.*}} : tensor<8xi1>, tensor<8xi1>
  %3 = nn.xor %c, %c : tensor<8xi1>, tensor<8xi1>
  return %0, %1, %2, %3 : tensor<4x8xui8>, tensor<4x8xui8>, tensor<4x8xui8>, tensor<8xi1>
}
