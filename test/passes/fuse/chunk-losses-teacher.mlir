// Distillation for some rows after the others: the losses that read the same scores, and the teacher's
// last product.
//
// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-chunk-losses{rows=4 bytes=0}))' | FileCheck %s

// The mixture of a loss of the labels and one of a teacher. Each chunk has both products.
// CHECK-LABEL: func.func @distilled
// CHECK:         %[[T:.*]]:3 = nn.split %arg3 {axis = 0 : i64, sizes = array<i64: 4, 4, 2>}
// CHECK:         %[[T0:.*]] = nn.matmul %[[T]]#0, %arg4 : tensor<4x6xf32>, tensor<6x20xf32>
// CHECK:         %[[C0:.*]] = nn.mul %[[T0]], %[[HALF:.*]] : tensor<4x20xf32>, tensor<f32>
// CHECK:         %[[P0:.*]] = nn.softmax %[[C0]] : tensor<4x20xf32>
// CHECK:         %[[S0:.*]] = nn.matmul %[[X:.*]]#0, %arg2 {transpose_b} : tensor<4x8xf32>, tensor<20x8xf32>
// CHECK:         %[[KL0:.*]] = nn.kl_divergence %[[S0]], %[[P0]] {batch = 10 : i64, temperature = 2.000000e+00 : f64} : tensor<4x20xf32>
// CHECK:         %[[LOSS0:.*]], %{{.*}} = nn.cross_entropy %[[S0]], %[[L:.*]] {first_row = 0 : i64}
// CHECK:         %[[DCE0:.*]] = nn.cross_entropy_grad %[[S0]], %[[L]], %[[HALF]] {first_row = 0 : i64}
// CHECK:         %[[DKL0:.*]] = nn.kl_divergence_grad %[[S0]], %[[P0]], %[[HALF]] {batch = 10 : i64, temperature = 2.000000e+00 : f64} : tensor<4x20xf32>, tensor<f32>
// CHECK:         %[[D0:.*]] = nn.add %[[DCE0]], %[[DKL0]] : tensor<4x20xf32>
// CHECK:         nn.matmul %[[D0]], %arg2 : tensor<4x20xf32>, tensor<20x8xf32>
// CHECK:         %[[DW0:.*]] = nn.matmul %[[D0]], %[[X]]#0 {transpose_a}
// CHECK:         nn.matmul %[[T]]#1, %arg4
// CHECK:         %[[KL1:.*]] = nn.kl_divergence %{{.*}} {batch = 10 : i64
// CHECK:         nn.add %[[KL0]], %[[KL1]]
// CHECK:         nn.cross_entropy %{{.*}} {first_row = 4 : i64}
// CHECK:         nn.matmul %{{.*}}, %[[X]]#1 plus %[[DW0]] {transpose_a}
// CHECK:         nn.matmul %[[T]]#2, %arg4 : tensor<2x6xf32>, tensor<6x20xf32>
// CHECK:         nn.kl_divergence %{{.*}} {batch = 10 : i64, temperature = 2.000000e+00 : f64} : tensor<2x20xf32>
// CHECK-NOT:     tensor<10x20xf32>
// CHECK-NOT:     tensor<2x5x20xf32>
// CHECK:         return
func.func @distilled(%x: tensor<2x5x8xf32>, %labels: tensor<2x5xi64>, %w: tensor<20x8xf32>, %tx: tensor<10x6xf32>, %tw: tensor<6x20xf32>) -> (tensor<f32>, tensor<2x5x8xf32>, tensor<20x8xf32>) {
  %half = nn.constant dense<0.5> : tensor<f32>
  %t = nn.matmul %tx, %tw : tensor<10x6xf32>, tensor<6x20xf32>
  %c = nn.mul %t, %half : tensor<10x20xf32>, tensor<f32>
  %p = nn.softmax %c : tensor<10x20xf32>
  %s = nn.matmul %x, %w {transpose_b} : tensor<2x5x8xf32>, tensor<20x8xf32>
  %rows = nn.reshape %s : tensor<2x5x20xf32> to tensor<10x20xf32>
  %kl = nn.kl_divergence %rows, %p {temperature = 2.0 : f64} : tensor<10x20xf32>
  %loss, %accuracy = nn.cross_entropy %s, %labels : tensor<2x5x20xf32>, tensor<2x5xi64>
  %a = nn.mul %kl, %half : tensor<f32>, tensor<f32>
  %b = nn.mul %loss, %half : tensor<f32>, tensor<f32>
  %mixed = nn.add %a, %b : tensor<f32>, tensor<f32>
  %dce = nn.cross_entropy_grad %s, %labels, %half : tensor<2x5x20xf32>, tensor<2x5xi64>, tensor<f32>
  %dkl = nn.kl_divergence_grad %rows, %p, %half {temperature = 2.0 : f64} : tensor<10x20xf32>, tensor<f32>
  %dsplit = nn.reshape %dkl : tensor<10x20xf32> to tensor<2x5x20xf32>
  %d = nn.add %dce, %dsplit : tensor<2x5x20xf32>, tensor<2x5x20xf32>
  %dx = nn.matmul %d, %w : tensor<2x5x20xf32>, tensor<20x8xf32>
  %xs = nn.reshape %x : tensor<2x5x8xf32> to tensor<10x8xf32>
  %ds = nn.reshape %d : tensor<2x5x20xf32> to tensor<10x20xf32>
  %dw = nn.matmul %ds, %xs {transpose_a} : tensor<10x20xf32>, tensor<10x8xf32>
  return %mixed, %dx, %dw : tensor<f32>, tensor<2x5x8xf32>, tensor<20x8xf32>
}

// Both kinds of scores are capped before they are compared.
// CHECK-LABEL: func.func @capped
// CHECK-COUNT-6: nn.tanh {{.*}} : tensor<{{[42]}}x20xf32>
// CHECK-NOT:     nn.tanh
// CHECK-NOT:     tensor<10x20xf32>
// CHECK:         return
func.func @capped(%x: tensor<10x8xf32>, %w: tensor<8x20xf32>, %tx: tensor<10x6xf32>, %tw: tensor<6x20xf32>, %cap: tensor<f32>) -> tensor<f32> {
  %s = nn.matmul %x, %w : tensor<10x8xf32>, tensor<8x20xf32>
  %s0 = nn.div %s, %cap : tensor<10x20xf32>, tensor<f32>
  %s1 = nn.tanh %s0 : tensor<10x20xf32>
  %s2 = nn.mul %s1, %cap : tensor<10x20xf32>, tensor<f32>
  %t = nn.matmul %tx, %tw : tensor<10x6xf32>, tensor<6x20xf32>
  %t0 = nn.div %t, %cap : tensor<10x20xf32>, tensor<f32>
  %t1 = nn.tanh %t0 : tensor<10x20xf32>
  %t2 = nn.mul %t1, %cap : tensor<10x20xf32>, tensor<f32>
  %p = nn.softmax %t2 : tensor<10x20xf32>
  %kl = nn.kl_divergence %s2, %p {temperature = 1.0 : f64} : tensor<10x20xf32>
  return %kl : tensor<f32>
}

// A divergence alone, the mean over the first of three dimensions. Its target is data: each chunk
// copies its rows.
// CHECK-LABEL: func.func @data
// CHECK:         %[[I0:.*]] = nn.constant dense<[0, 1, 2, 3]> : tensor<4xi64>
// CHECK:         %[[P:.*]] = nn.reshape %arg2 : tensor<2x5x20xf32> to tensor<10x20xf32>
// CHECK:         %[[P0:.*]] = nn.gather %[[P]], %[[I0]] {axis = 0 : i64}
// CHECK:         nn.kl_divergence %{{.*}}, %[[P0]] {batch = 2 : i64, temperature = 1.000000e+00 : f64} : tensor<4x20xf32>
// CHECK:         %[[I1:.*]] = nn.constant dense<[4, 5, 6, 7]> : tensor<4xi64>
// CHECK:         %[[I2:.*]] = nn.constant dense<[8, 9]> : tensor<2xi64>
// CHECK:         return
func.func @data(%x: tensor<2x5x8xf32>, %w: tensor<8x20xf32>, %p: tensor<2x5x20xf32>) -> tensor<f32> {
  %s = nn.matmul %x, %w : tensor<2x5x8xf32>, tensor<8x20xf32>
  %kl = nn.kl_divergence %s, %p {temperature = 1.0 : f64} : tensor<2x5x20xf32>
  return %kl : tensor<f32>
}

// The teacher's scores are returned: they stay whole, their softmax does not.
// CHECK-LABEL: func.func @returned
// CHECK:         %[[T:.*]] = nn.matmul %arg2, %arg3 : tensor<10x6xf32>, tensor<6x20xf32>
// CHECK:         %[[T0:.*]] = nn.gather %[[T]], %{{.*}} {axis = 0 : i64}
// CHECK:         nn.softmax %[[T0]] : tensor<4x20xf32>
// CHECK:         nn.kl_divergence {{.*}}batch = 10
// CHECK:         return %{{.*}}, %[[T]]
func.func @returned(%x: tensor<10x8xf32>, %w: tensor<8x20xf32>, %tx: tensor<10x6xf32>, %tw: tensor<6x20xf32>) -> (tensor<f32>, tensor<10x20xf32>) {
  %t = nn.matmul %tx, %tw : tensor<10x6xf32>, tensor<6x20xf32>
  %p = nn.softmax %t : tensor<10x20xf32>
  %s = nn.matmul %x, %w : tensor<10x8xf32>, tensor<8x20xf32>
  %kl = nn.kl_divergence %s, %p {temperature = 1.0 : f64} : tensor<10x20xf32>
  return %kl, %t : tensor<f32>, tensor<10x20xf32>
}

// The student's scores are returned: everything stays whole.
// CHECK-LABEL: func.func @student_returned
// CHECK-NOT:     first_row
// CHECK-NOT:     batch
func.func @student_returned(%x: tensor<10x8xf32>, %labels: tensor<10xi64>, %w: tensor<8x20xf32>, %p: tensor<10x20xf32>) -> (tensor<f32>, tensor<f32>, tensor<10x20xf32>) {
  %s = nn.matmul %x, %w : tensor<10x8xf32>, tensor<8x20xf32>
  %loss, %accuracy = nn.cross_entropy %s, %labels : tensor<10x20xf32>, tensor<10xi64>
  %kl = nn.kl_divergence %s, %p {temperature = 2.0 : f64} : tensor<10x20xf32>
  return %loss, %kl, %s : tensor<f32>, tensor<f32>, tensor<10x20xf32>
}

// Class weights, label smoothing and the labels that are ignored are those of each chunk. The weight is
// an embedding, too; what it gets from there is added behind.
// CHECK-LABEL: func.func @tied
// CHECK-COUNT-3: nn.cross_entropy_grad {{.*}} weights %arg3 {first_row = {{[048]}} : i64, ignore_index = 7 : i64, label_smoothing = 1.000000e-01 : f64}
// CHECK:         %[[DW:.*]] = nn.matmul %{{.*}} plus %{{.*}} {transpose_a} : tensor<2x20xf32>
// CHECK:         %[[DX:.*]] = nn.concat
// CHECK:         %[[DE:.*]] = nn.gather_grad %[[DX]]
// CHECK:         nn.add %[[DE]], %[[DW]]
func.func @tied(%ids: tensor<10xi64>, %labels: tensor<10xi64>, %w: tensor<20x8xf32>, %each: tensor<20xf32>) -> (tensor<f32>, tensor<20x8xf32>) {
  %x = nn.gather %w, %ids {axis = 0 : i64} : tensor<20x8xf32>, tensor<10xi64>
  %s = nn.matmul %x, %w {transpose_b} : tensor<10x8xf32>, tensor<20x8xf32>
  %loss, %accuracy = nn.cross_entropy %s, %labels weights %each {ignore_index = 7 : i64, label_smoothing = 0.1 : f64} : tensor<10x20xf32>, tensor<10xi64>, tensor<20xf32>
  %one = nn.constant dense<1.0> : tensor<f32>
  %d = nn.cross_entropy_grad %s, %labels, %one weights %each {ignore_index = 7 : i64, label_smoothing = 0.1 : f64} : tensor<10x20xf32>, tensor<10xi64>, tensor<f32>, tensor<20xf32>
  %dx = nn.matmul %d, %w : tensor<10x20xf32>, tensor<20x8xf32>
  %dw = nn.matmul %d, %x {transpose_a} : tensor<10x20xf32>, tensor<10x8xf32>
  %de = nn.gather_grad %dx, %ids {axis = 0 : i64} : tensor<10x8xf32>, tensor<10xi64> to tensor<20x8xf32>
  %sum = nn.add %de, %dw : tensor<20x8xf32>, tensor<20x8xf32>
  return %loss, %sum : tensor<f32>, tensor<20x8xf32>
}

// The target is made from the first loss, so the second one cannot be computed beside it.
// CHECK-LABEL: func.func @in_turn
// CHECK-NOT:     first_row
// CHECK-NOT:     batch
func.func @in_turn(%x: tensor<10x8xf32>, %labels: tensor<10xi64>, %w: tensor<8x20xf32>, %q: tensor<10x20xf32>) -> (tensor<f32>, tensor<f32>) {
  %s = nn.matmul %x, %w : tensor<10x8xf32>, tensor<8x20xf32>
  %loss, %accuracy = nn.cross_entropy %s, %labels : tensor<10x20xf32>, tensor<10xi64>
  %p = nn.mul %q, %loss : tensor<10x20xf32>, tensor<f32>
  %kl = nn.kl_divergence %s, %p {temperature = 2.0 : f64} : tensor<10x20xf32>
  return %loss, %kl : tensor<f32>, tensor<f32>
}

// Scores of two heads of a model are chunked each with its own loss.
// CHECK-LABEL: func.func @heads
// CHECK-COUNT-3: nn.cross_entropy {{.*}} tensor<{{[42]}}x20xf32>
// CHECK-COUNT-3: nn.cross_entropy {{.*}} tensor<{{[42]}}x30xf32>
func.func @heads(%x: tensor<10x8xf32>, %labels: tensor<10xi64>, %w: tensor<8x20xf32>, %v: tensor<8x30xf32>) -> (tensor<f32>, tensor<f32>) {
  %s = nn.matmul %x, %w : tensor<10x8xf32>, tensor<8x20xf32>
  %loss, %accuracy = nn.cross_entropy %s, %labels : tensor<10x20xf32>, tensor<10xi64>
  %t = nn.matmul %x, %v : tensor<10x8xf32>, tensor<8x30xf32>
  %second, %share = nn.cross_entropy %t, %labels : tensor<10x30xf32>, tensor<10xi64>
  return %loss, %second : tensor<f32>, tensor<f32>
}

// As many classes as features: what leads to the last product stays whole.
// CHECK-LABEL: func.func @square
// CHECK:         nn.relu %{{.*}} : tensor<10x8xf32>
// CHECK:         %[[H:.*]] = nn.add {{.*}} : tensor<10x8xf32>, tensor<10x8xf32>
// CHECK-COUNT-3: nn.cross_entropy {{.*}}first_row
func.func @square(%x: tensor<10x8xf32>, %labels: tensor<10xi64>, %w: tensor<8x8xf32>, %v: tensor<8x8xf32>) -> (tensor<f32>, tensor<8x8xf32>) {
  %m = nn.matmul %x, %v : tensor<10x8xf32>, tensor<8x8xf32>
  %r = nn.relu %m : tensor<10x8xf32>
  %h = nn.add %x, %r : tensor<10x8xf32>, tensor<10x8xf32>
  %s = nn.matmul %h, %w : tensor<10x8xf32>, tensor<8x8xf32>
  %loss, %accuracy = nn.cross_entropy %s, %labels : tensor<10x8xf32>, tensor<10xi64>
  %one = nn.constant dense<1.0> : tensor<f32>
  %d = nn.cross_entropy_grad %s, %labels, %one : tensor<10x8xf32>, tensor<10xi64>, tensor<f32>
  %dh = nn.matmul %d, %w {transpose_b} : tensor<10x8xf32>, tensor<8x8xf32>
  %dm = nn.relu_grad %dh, %r : tensor<10x8xf32>, tensor<10x8xf32>
  %dv = nn.matmul %x, %dm {transpose_a} : tensor<10x8xf32>, tensor<10x8xf32>
  return %loss, %dv : tensor<f32>, tensor<8x8xf32>
}
