// RUN: plimsoll-opt %s -o /dev/null --pass-pipeline='builtin.module(nn-print-factors)' | FileCheck %s

func.func @layers(%x: tensor<4x5x6xf32>, %scale: tensor<6xf32>, %s: tensor<4x5xf32>) {
  // CHECK: nn.layer_norm ([i, j, k], [k], [k]) -> ([i, j, k], [i, j], [i, j]) {i = 4 free, j = 5 free, k = 6 whole}
  %0:3 = nn.layer_norm %x, %scale, %scale {epsilon = 1.0e-05 : f64}
      : tensor<4x5x6xf32>, tensor<6xf32>, tensor<6xf32>
  // CHECK: nn.layer_norm_grad_input ([i, j, k], [i, j, k], [k], [i, j], [i, j]) -> ([i, j, k]) {i = 4 free, j = 5 free, k = 6 whole}
  %1 = nn.layer_norm_grad_input %x, %x, %scale, %s, %s
      : tensor<4x5x6xf32>, tensor<4x5x6xf32>, tensor<6xf32>, tensor<4x5xf32>, tensor<4x5xf32>
  // CHECK: nn.layer_norm_grad_params ([i, j, k], [i, j, k], [i, j], [i, j]) -> ([k], [k]) {i = 4 reduced, j = 5 reduced, k = 6 free}
  %2:2 = nn.layer_norm_grad_params %x, %x, %s, %s
      : tensor<4x5x6xf32>, tensor<4x5x6xf32>, tensor<4x5xf32>, tensor<4x5xf32> to tensor<6xf32>, tensor<6xf32>
  // CHECK: nn.layer_norm_grad ([i, j, k], [i, j, k], [k], [i, j], [i, j], [i, j, k]) -> ([i, j, k], [k], [k]) {i = 4 reduced, j = 5 reduced, k = 6 whole}
  %3:3 = nn.layer_norm_grad %x, %x, %scale, %s, %s plus %x
      : tensor<4x5x6xf32>, tensor<4x5x6xf32>, tensor<6xf32>, tensor<4x5xf32>, tensor<4x5xf32>, tensor<4x5x6xf32>
  return
}

// Statistics of a batch need all of it; given ones make every element independent.
func.func @batches(%x: tensor<4x5x6xf32>, %c: tensor<5xf32>) {
  // CHECK: nn.batch_norm ([i, j, k], [j], [j]) -> ([i, j, k], [j], [j]) {i = 4 whole, j = 5 free, k = 6 whole}
  %0:3 = nn.batch_norm %x, %c, %c {epsilon = 1.0e-05 : f64} : tensor<4x5x6xf32>, tensor<5xf32>, tensor<5xf32>
  // CHECK: nn.batch_norm_grad ([i, j, k], [i, j, k], [j], [j], [j]) -> ([i, j, k], [j], [j]) {i = 4 whole, j = 5 free, k = 6 whole}
  %1:3 = nn.batch_norm_grad %x, %x, %c, %c, %c {epsilon = 1.0e-05 : f64}
      : tensor<4x5x6xf32>, tensor<4x5x6xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>
  // CHECK: nn.batch_norm_relu ([i, j, k], [j], [j], [i, j, k]) -> ([i, j, k], [j], [j]) {i = 4 whole, j = 5 free, k = 6 whole}
  %4:3 = nn.batch_norm_relu %x, %c, %c plus %x {epsilon = 1.0e-05 : f64} : tensor<4x5x6xf32>, tensor<5xf32>, tensor<5xf32>, tensor<4x5x6xf32>
  // CHECK: nn.batch_norm_relu_grad ([i, j, k], [i, j, k], [i, j, k], [j], [j], [j]) -> ([i, j, k], [j], [j]) {i = 4 whole, j = 5 free, k = 6 whole}
  %5:3 = nn.batch_norm_relu_grad %x, %x, %x, %c, %c, %c {epsilon = 1.0e-05 : f64}
      : tensor<4x5x6xf32>, tensor<4x5x6xf32>, tensor<4x5x6xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>
  // CHECK: nn.batch_norm_inference ([i, j, k], [j], [j], [j], [j]) -> ([i, j, k]) {i = 4 free, j = 5 free, k = 6 free}
  %2 = nn.batch_norm_inference %x, %c, %c, %c, %c {epsilon = 1.0e-05 : f64, momentum = 0.1 : f64}
      : tensor<4x5x6xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>
  // CHECK: nn.batch_norm_update ([i], [i], [i], [i]) -> ([i], [i]) {i = 5 free}
  %3:2 = nn.batch_norm_update %c, %c, %c, %c {count = 24 : i64, momentum = 0.1 : f64} : tensor<5xf32>
  return
}
