// Scores of a large vocabulary for some rows after the others.
//
// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-chunk-losses{rows=4 bytes=0}))' | FileCheck %s
// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-chunk-losses))' | FileCheck %s --check-prefix=SMALL

// SMALL-NOT: first_row

// Ten rows are two chunks of four and one of two. The weight's gradient goes on from chunk to chunk,
// and so does the bias's.
// CHECK-LABEL: func.func @train
// CHECK:         nn.reshape %arg0 : tensor<2x5x8xf32> to tensor<10x8xf32>
// CHECK-NOT:     nn.split
// CHECK:         %[[X:.*]]:3 = nn.split %{{.*}} {axis = 0 : i64, sizes = array<i64: 4, 4, 2>}
// CHECK:         %[[S0:.*]] = nn.matmul %[[X]]#0, %arg2 {transpose_b} : tensor<4x8xf32>, tensor<20x8xf32>
// CHECK:         %[[B0:.*]] = nn.add %[[S0]], %arg3 : tensor<4x20xf32>, tensor<20xf32>
// CHECK:         %[[T0:.*]] = nn.tanh %[[B0]] : tensor<4x20xf32>
// CHECK:         %[[L:.*]] = nn.reshape %arg1 : tensor<2x5xi64> to tensor<10xi64>
// CHECK:         %[[LOSS0:.*]], %[[A0:.*]] = nn.cross_entropy %[[T0]], %[[L]] {first_row = 0 : i64}
// CHECK:         %[[D0:.*]] = nn.cross_entropy_grad %[[T0]], %[[L]], %{{.*}} {first_row = 0 : i64}
// CHECK:         %[[G0:.*]] = nn.tanh_grad %[[D0]], %[[T0]]
// CHECK:         %[[DB0:.*]] = nn.reduce_sum %[[G0]] {axes = array<i64: 0>}
// CHECK:         %[[DX0:.*]] = nn.matmul %[[G0]], %arg2 : tensor<4x20xf32>, tensor<20x8xf32>
// CHECK:         %[[DW0:.*]] = nn.matmul %[[G0]], %[[X]]#0 {transpose_a} : tensor<4x20xf32>, tensor<4x8xf32>
// CHECK:         nn.matmul %[[X]]#1, %arg2 {transpose_b}
// CHECK:         %[[LOSS1:.*]], %[[A1:.*]] = nn.cross_entropy %{{.*}}, %[[L]] {first_row = 4 : i64}
// CHECK:         nn.add %[[LOSS0]], %[[LOSS1]]
// CHECK:         nn.add %[[A0]], %[[A1]]
// CHECK:         nn.add %[[DB0]], %
// CHECK:         %[[DX1:.*]] = nn.matmul %{{.*}}, %arg2 : tensor<4x20xf32>, tensor<20x8xf32>
// CHECK:         %[[DW1:.*]] = nn.matmul %{{.*}}, %[[X]]#1 plus %[[DW0]] {transpose_a}
// CHECK:         nn.cross_entropy %{{.*}}, %[[L]] {first_row = 8 : i64} : tensor<2x20xf32>, tensor<10xi64>
// CHECK:         %[[DX2:.*]] = nn.matmul %{{.*}}, %arg2 : tensor<2x20xf32>, tensor<20x8xf32>
// CHECK:         %[[DW2:.*]] = nn.matmul %{{.*}}, %[[X]]#2 plus %[[DW1]] {transpose_a}
// CHECK:         %[[DX:.*]] = nn.concat %[[DX0]], %[[DX1]], %[[DX2]] {axis = 0 : i64}
// CHECK:         nn.reshape %[[DX]] : tensor<10x8xf32> to tensor<2x5x8xf32>
// CHECK-NOT:     tensor<2x5x20xf32>
func.func @train(%x: tensor<2x5x8xf32>, %labels: tensor<2x5xi64>, %w: tensor<20x8xf32>, %b: tensor<20xf32>) -> (tensor<f32>, tensor<f32>, tensor<2x5x8xf32>, tensor<20x8xf32>, tensor<20xf32>) {
  %s = nn.matmul %x, %w {transpose_b} : tensor<2x5x8xf32>, tensor<20x8xf32>
  %sb = nn.add %s, %b : tensor<2x5x20xf32>, tensor<20xf32>
  %t = nn.tanh %sb : tensor<2x5x20xf32>
  %loss, %accuracy = nn.cross_entropy %t, %labels : tensor<2x5x20xf32>, tensor<2x5xi64>
  %one = nn.constant dense<1.0> : tensor<f32>
  %d = nn.cross_entropy_grad %t, %labels, %one : tensor<2x5x20xf32>, tensor<2x5xi64>, tensor<f32>
  %g = nn.tanh_grad %d, %t : tensor<2x5x20xf32>, tensor<2x5x20xf32>
  %db = nn.reduce_sum %g {axes = array<i64: 0, 1>} : tensor<2x5x20xf32>
  %dx = nn.matmul %g, %w : tensor<2x5x20xf32>, tensor<20x8xf32>
  %rows = nn.reshape %x : tensor<2x5x8xf32> to tensor<10x8xf32>
  %dy = nn.reshape %g : tensor<2x5x20xf32> to tensor<10x20xf32>
  %dw = nn.matmul %dy, %rows {transpose_a} : tensor<10x20xf32>, tensor<10x8xf32>
  return %loss, %accuracy, %dx, %dw, %db : tensor<f32>, tensor<f32>, tensor<2x5x8xf32>, tensor<20x8xf32>, tensor<20xf32>
}

// Without a gradient: only the loss.
// CHECK-LABEL: func.func @evaluate
// CHECK-COUNT-3: nn.cross_entropy
// CHECK-NOT:     nn.concat
func.func @evaluate(%x: tensor<10x8xf32>, %labels: tensor<10xi64>, %w: tensor<8x20xf32>) -> tensor<f32> {
  %s = nn.matmul %x, %w : tensor<10x8xf32>, tensor<8x20xf32>
  %loss, %accuracy = nn.cross_entropy %s, %labels {ignore_index = 7 : i64, label_smoothing = 0.1 : f64} : tensor<10x20xf32>, tensor<10xi64>
  return %loss : tensor<f32>
}

// What others read, or what has its classes elsewhere, stays whole.
// CHECK-LABEL: func.func @returned
// CHECK-NOT:     first_row
func.func @returned(%x: tensor<10x8xf32>, %labels: tensor<10xi64>, %w: tensor<8x20xf32>) -> (tensor<f32>, tensor<10x20xf32>) {
  %s = nn.matmul %x, %w : tensor<10x8xf32>, tensor<8x20xf32>
  %loss, %accuracy = nn.cross_entropy %s, %labels : tensor<10x20xf32>, tensor<10xi64>
  return %loss, %s : tensor<f32>, tensor<10x20xf32>
}

// CHECK-LABEL: func.func @columns
// CHECK-NOT:     first_row
func.func @columns(%x: tensor<10x8xf32>, %labels: tensor<20xi64>, %w: tensor<8x20xf32>) -> tensor<f32> {
  %s = nn.matmul %x, %w : tensor<10x8xf32>, tensor<8x20xf32>
  %loss, %accuracy = nn.cross_entropy %s, %labels {axis = 0 : i64} : tensor<10x20xf32>, tensor<20xi64>
  return %loss : tensor<f32>
}

// Addends belong to launches, which are formed later.
// CHECK-LABEL: func.func @plus
// CHECK-NOT:     first_row
func.func @plus(%x: tensor<10x8xf32>, %labels: tensor<10xi64>, %w: tensor<8x20xf32>, %p: tensor<10x20xf32>) -> tensor<f32> {
  %s = nn.matmul %x, %w plus %p : tensor<10x8xf32>, tensor<8x20xf32>, tensor<10x20xf32>
  %loss, %accuracy = nn.cross_entropy %s, %labels : tensor<10x20xf32>, tensor<10xi64>
  return %loss : tensor<f32>
}

// Scores that are normalised along the rows before the loss are not computed row by row.
// CHECK-LABEL: func.func @across
// CHECK-NOT:     first_row
func.func @across(%x: tensor<10x8xf32>, %labels: tensor<10xi64>, %w: tensor<8x20xf32>, %c: tensor<10x1xf32>) -> tensor<f32> {
  %s = nn.matmul %x, %w : tensor<10x8xf32>, tensor<8x20xf32>
  %r = nn.mul %s, %c : tensor<10x20xf32>, tensor<10x1xf32>
  %loss, %accuracy = nn.cross_entropy %r, %labels : tensor<10x20xf32>, tensor<10xi64>
  return %loss : tensor<f32>
}
