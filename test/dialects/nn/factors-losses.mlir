// RUN: plimsoll-opt %s -o /dev/null --pass-pipeline='builtin.module(nn-print-factors)' | FileCheck %s

// A mean divides by what it has, so its rows are whole.
func.func @rows(%x: tensor<4x5xf32>, %labels: tensor<9xi64>) {
  // CHECK: nn.cross_entropy ([i, j], [k]) -> ([], []) {i = 4 whole, j = 5 whole, k = 9 whole}
  %0:2 = nn.cross_entropy %x, %labels {first_row = 5 : i64} : tensor<4x5xf32>, tensor<9xi64>
  return
}

func.func @losses(%x: tensor<4x5x6xf32>, %labels: tensor<4x6xi64>, %w: tensor<5xf32>, %d: tensor<f32>) {
  // CHECK: nn.cross_entropy ([i, j, k], [i, k], [j]) -> ([], []) {i = 4 whole, j = 5 whole, k = 6 whole}
  %0:2 = nn.cross_entropy %x, %labels weights %w {axis = 1 : i64}
      : tensor<4x5x6xf32>, tensor<4x6xi64>, tensor<5xf32>
  // CHECK: nn.cross_entropy_grad ([i, j, k], [i, k], []) -> ([i, j, k]) {i = 4 whole, j = 5 whole, k = 6 whole}
  %1 = nn.cross_entropy_grad %x, %labels, %d {axis = 1 : i64}
      : tensor<4x5x6xf32>, tensor<4x6xi64>, tensor<f32>
  // CHECK: nn.cross_entropy_with_grad ([i, j, k], [i, k]) -> ([], [], [i, j, k]) {i = 4 whole, j = 5 whole, k = 6 whole}
  %2:3 = nn.cross_entropy_with_grad %x, %labels {axis = 1 : i64} : tensor<4x5x6xf32>, tensor<4x6xi64>
  // CHECK: nn.kl_divergence ([i, j, k], [i, j, k]) -> ([]) {i = 4 whole, j = 5 reduced, k = 6 whole}
  %3 = nn.kl_divergence %x, %x {temperature = 2.0 : f64} : tensor<4x5x6xf32>
  // CHECK: nn.kl_divergence_grad ([i, j, k], [i, j, k], []) -> ([i, j, k]) {i = 4 whole, j = 5 free, k = 6 whole}
  %4 = nn.kl_divergence_grad %x, %x, %d {temperature = 2.0 : f64} : tensor<4x5x6xf32>, tensor<f32>
  // CHECK: nn.kl_divergence ([i, j, k], [i, j, k]) -> ([]) {i = 4 reduced, j = 5 reduced, k = 6 whole}
  %7 = nn.kl_divergence %x, %x {batch = 9 : i64, temperature = 2.0 : f64} : tensor<4x5x6xf32>
  // CHECK: nn.kl_divergence_grad ([i, j, k], [i, j, k], []) -> ([i, j, k]) {i = 4 free, j = 5 free, k = 6 whole}
  %8 = nn.kl_divergence_grad %x, %x, %d {batch = 9 : i64, temperature = 2.0 : f64} : tensor<4x5x6xf32>, tensor<f32>
  // CHECK: nn.pointwise_loss ([i, j, k], [i, j, k]) -> ([]) {i = 4 whole, j = 5 whole, k = 6 whole}
  %5 = nn.pointwise_loss l1 %x, %x : tensor<4x5x6xf32>
  // CHECK: nn.pointwise_loss_grad ([i, j, k], [i, j, k], []) -> ([i, j, k]) {i = 4 whole, j = 5 whole, k = 6 whole}
  %6 = nn.pointwise_loss_grad l1 %x, %x, %d : tensor<4x5x6xf32>, tensor<f32>
  return
}
