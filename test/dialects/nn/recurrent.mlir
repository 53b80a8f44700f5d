// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s
// RUN: plimsoll-opt %s -o /dev/null --pass-pipeline='builtin.module(nn-print-factors)' | FileCheck %s --check-prefix=FACTORS

// CHECK-LABEL: func.func @lstm
func.func @lstm(%x: tensor<5x4x12xf32>, %w: tensor<12x3xf32>, %h0: tensor<4x3xf32>, %c0: tensor<4x3xf32>, %dh: tensor<5x4x3xf32>) {
  // CHECK: nn.lstm %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {reverse} : tensor<5x4x12xf32>, tensor<12x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>
  // FACTORS: nn.lstm ([i, j, k], [k, l], [j, l], [j, l]) -> ([i, j, l], [i, j, l], [i, j, k]) {i = 5 ordered, j = 4 free, k = 12 whole, l = 3 whole}
  %h, %c, %g = nn.lstm %x, %w, %h0, %c0 {reverse} : tensor<5x4x12xf32>, tensor<12x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>
  // CHECK: nn.lstm_grad %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<5x4x3xf32>, tensor<5x4x12xf32>, tensor<5x4x3xf32>, tensor<12x3xf32>, tensor<4x3xf32>
  // FACTORS: nn.lstm_grad ([i, j, k], [i, j, l], [i, j, k], [l, k], [j, k]) -> ([i, j, l], [j, k], [j, k]) {i = 5 ordered, j = 4 free, k = 3 whole, l = 12 whole}
  %0:3 = nn.lstm_grad %dh, %g, %c, %w, %c0 : tensor<5x4x3xf32>, tensor<5x4x12xf32>, tensor<5x4x3xf32>, tensor<12x3xf32>, tensor<4x3xf32>
  // CHECK: nn.lstm_grad %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} cells %{{.*}} : tensor<5x4x3xf32>, tensor<5x4x12xf32>, tensor<5x4x3xf32>, tensor<12x3xf32>, tensor<4x3xf32>, tensor<5x4x3xf32>
  %1:3 = nn.lstm_grad %dh, %g, %c, %w, %c0 cells %dh : tensor<5x4x3xf32>, tensor<5x4x12xf32>, tensor<5x4x3xf32>, tensor<12x3xf32>, tensor<4x3xf32>, tensor<5x4x3xf32>
  return
}

// CHECK-LABEL: func.func @gru
func.func @gru(%x: tensor<5x4x9xf64>, %w: tensor<9x3xf64>, %h0: tensor<4x3xf64>, %b: tensor<3xf64>, %dh: tensor<5x4x3xf64>) {
  // CHECK: nn.gru %{{.*}}, %{{.*}}, %{{.*}} : tensor<5x4x9xf64>, tensor<9x3xf64>, tensor<4x3xf64>
  %0:3 = nn.gru %x, %w, %h0 : tensor<5x4x9xf64>, tensor<9x3xf64>, tensor<4x3xf64>
  // CHECK: nn.gru %{{.*}}, %{{.*}}, %{{.*}} bias %{{.*}} {reverse} : tensor<5x4x9xf64>, tensor<9x3xf64>, tensor<4x3xf64>, tensor<3xf64>
  // FACTORS: nn.gru ([i, j, k], [k, l], [j, l], [l]) -> ([i, j, l], [i, j, k], [i, j, l])
  %h, %g, %n = nn.gru %x, %w, %h0 bias %b {reverse} : tensor<5x4x9xf64>, tensor<9x3xf64>, tensor<4x3xf64>, tensor<3xf64>
  // CHECK: nn.gru_grad
  // FACTORS: nn.gru_grad ([i, j, k], [i, j, l], [i, j, k], [i, j, k], [l, k], [j, k]) -> ([i, j, l], [i, j, k], [j, k])
  %1:3 = nn.gru_grad %dh, %g, %n, %h, %w, %h0 : tensor<5x4x3xf64>, tensor<5x4x9xf64>, tensor<5x4x3xf64>, tensor<5x4x3xf64>, tensor<9x3xf64>, tensor<4x3xf64>
  return
}

// CHECK-LABEL: func.func @rnn
func.func @rnn(%x: tensor<5x3x3xf32>, %w: tensor<3x3xf32>) {
  // The weight may be the state, too: it is known by its place.
  // CHECK: nn.rnn %{{.*}}, %[[W:.*]], %[[W]] {relu} : tensor<5x3x3xf32>, tensor<3x3xf32>, tensor<3x3xf32>
  // FACTORS: nn.rnn ([i, j, k], [l, k], [j, k]) -> ([i, j, k]) {i = 5 ordered, j = 3 free, k = 3 whole, l = 3 whole}
  %h = nn.rnn %x, %w, %w {relu} : tensor<5x3x3xf32>, tensor<3x3xf32>, tensor<3x3xf32>
  // CHECK: nn.rnn_grad %{{.*}}, %{{.*}}, %{{.*}} {relu, reverse} : tensor<5x3x3xf32>, tensor<5x3x3xf32>, tensor<3x3xf32>
  // FACTORS: nn.rnn_grad ([i, j, k], [i, j, k], [l, k]) -> ([i, j, k], [j, k])
  %0:2 = nn.rnn_grad %x, %h, %w {relu, reverse} : tensor<5x3x3xf32>, tensor<5x3x3xf32>, tensor<3x3xf32>
  return
}
