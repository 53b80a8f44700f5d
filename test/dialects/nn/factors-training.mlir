// RUN: plimsoll-opt %s -o /dev/null --pass-pipeline='builtin.module(nn-print-factors)' | FileCheck %s

// Symbols and constants have a shape that no part of a program changes alone.
// CHECK: nn.parameter opaque: it declares a symbol and computes nothing
nn.parameter @w : tensor<16xf32>
// CHECK: nn.state opaque: it declares a symbol and computes nothing
nn.state @m : tensor<16xf32> {of = @w, slot = "exp_avg"}

nn.parameter @of_codes : tensor<4x128xf32>
nn.state @codes : tensor<4x128xui8> {of = @of_codes, slot = "exp_avg", scales = @scales}
nn.state @scales : tensor<2xf32> {of = @of_codes, slot = "exp_avg_scales"}

func.func @update(%g: tensor<16xf32>, %p: tensor<4x128xf32>, %hyper: tensor<16xf32>, %square: tensor<f64>,
                  %rows: tensor<2x128xf32>, %at: tensor<2xi64>, %decay: tensor<5xf64>, %part: tensor<128xf32>) {
  // CHECK: nn.load opaque: its symbol has the whole shape
  %w = nn.load @w : tensor<16xf32>
  %m = nn.load @m : tensor<16xf32>
  // The step's scalars are whole, also for a parameter of as many elements.
  // CHECK: nn.lion ([i], [i], [i], [j]) -> ([i], [i]) {i = 16 free, j = 16 whole}
  %w1, %m1 = nn.lion %w, %g, %m, %hyper {beta1 = 0.9 : f64, beta2 = 0.99 : f64}
      : tensor<16xf32>, tensor<16xf32>
  // Blocks of codes share a scale, and do not end where parts would.
  %codes = nn.load @codes : tensor<4x128xui8>
  %scales = nn.load @scales : tensor<2xf32>
  // CHECK: nn.lion ([i, j], [i, j], [i, j], [k], [l]) -> ([i, j], [i, j], [m]) {i = 4 ordered, j = 128 ordered, k = 2 whole, l = 16 whole, m = 2 whole}
  %p1, %c1, %s1 = nn.lion %p, %p, %codes, %hyper scales %scales {beta1 = 0.9 : f64, beta2 = 0.99 : f64}
      : tensor<4x128xf32> state ui8, tensor<16xf32>
  // What rows hold is free; which rows there are, numbers say when the program runs.
  // CHECK: nn.sgd_plain_rows ([i, j], [k, j], [k], [l], [m]) -> ([i, j], [n]) {i = 4 data, j = 128 free, k = 2 whole, l = 5 whole, m = 16 whole, n = 5 whole}
  %r1, %d1 = nn.sgd_plain_rows %p, %rows at %at, %hyper decays %decay {decayed} : tensor<4x128xf32>,
      tensor<2x128xf32> at tensor<2xi64>, tensor<16xf32> decays tensor<5xf64>
  // CHECK: nn.keep_micro_batch ([i, j], [j], [k]) -> ([i, j]) {i = 4 data, j = 128 free, k = 16 whole}
  %k1 = nn.keep_micro_batch %p, %part, %hyper : tensor<4x128xf32>, tensor<128xf32>, tensor<16xf32>
  // CHECK: nn.store opaque: its symbol has the whole shape
  nn.store %w1, @w : tensor<16xf32>
  // CHECK: nn.accumulate ([i], [i], [j]) -> ([i]) {i = 16 free, j = 16 whole}
  %s = nn.accumulate %m1, %g, %hyper : tensor<16xf32>, tensor<16xf32>
  // CHECK: nn.sum_squares ([i]) -> ([]) {i = 16 reduced}
  %q = nn.sum_squares %g : tensor<16xf32>
  // CHECK: nn.clip_by_norm ([], []) -> ([], []) {}
  %scale, %norm = nn.clip_by_norm %q, %square {max_norm = 1.0 : f64} : tensor<f64>, tensor<f64>
  // CHECK: nn.constant opaque: its numbers are an attribute of the whole shape
  %c = nn.constant dense<0.5> : tensor<4xf32>
  return
}
