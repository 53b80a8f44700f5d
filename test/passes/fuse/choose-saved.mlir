// What the backward pass reads of the forward pass, and what it computes again.
//
// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-choose-saved))' | FileCheck %s

#back = loc(fused<#nn.phase<backward>>[unknown])

// The sigmoid is made again from what is kept anyway, once for each op that reads it.
// CHECK-LABEL: func.func @silu
// CHECK:         %[[G:.*]] = nn.softmax %arg0
// CHECK:         nn.sigmoid %[[G]]
// CHECK:         nn.softmax
// CHECK:         %[[S1:.*]] = nn.sigmoid %[[G]]
// CHECK-NEXT:    %[[A:.*]] = nn.mul %{{.*}}, %[[S1]]
// CHECK-NEXT:    %[[B:.*]] = nn.mul %[[G]], %
// CHECK-NEXT:    %[[S2:.*]] = nn.sigmoid %[[G]]
// CHECK-NEXT:    nn.sigmoid_grad %[[B]], %[[S2]]
func.func @silu(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %g = nn.softmax %x : tensor<4x8xf32>
  %s = nn.sigmoid %g : tensor<4x8xf32>
  %y = nn.mul %g, %s : tensor<4x8xf32>, tensor<4x8xf32>
  %d = nn.softmax %y : tensor<4x8xf32> loc(#back)
  %a = nn.mul %d, %s : tensor<4x8xf32>, tensor<4x8xf32> loc(#back)
  %b = nn.mul %g, %d : tensor<4x8xf32>, tensor<4x8xf32> loc(#back)
  %c = nn.sigmoid_grad %b, %s : tensor<4x8xf32>, tensor<4x8xf32> loc(#back)
  %r = nn.add %a, %c : tensor<4x8xf32>, tensor<4x8xf32> loc(#back)
  return %r : tensor<4x8xf32>
}

// Of a sum of two tensors that nothing else needs, the sum is kept.
// CHECK-LABEL: func.func @sum
// CHECK:         %[[S:.*]] = nn.add
// CHECK:         nn.exp %[[S]]
func.func @sum(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %a = nn.softmax %x : tensor<4x8xf32>
  %b = nn.log_softmax %x : tensor<4x8xf32>
  %s = nn.add %a, %b : tensor<4x8xf32>, tensor<4x8xf32>
  %d = nn.exp %s : tensor<4x8xf32> loc(#back)
  return %d : tensor<4x8xf32>
}

// A comparison takes a quarter of what it compares, which nobody else needs; what is broadcast is kept
// small. An exponential that is broadcast would not be a part of the loop nest, but a launch: it is kept.
// CHECK-LABEL: func.func @small
// CHECK:         %[[W:.*]] = nn.load @w
// CHECK:         %[[M:.*]] = nn.compare
// CHECK:         %[[P:.*]] = nn.exp %[[W]]
// CHECK-NEXT:    nn.broadcast %[[P]]
// CHECK-NEXT:    %[[B:.*]] = nn.broadcast %[[P]]
// CHECK-NEXT:    nn.select %[[M]], %[[B]], %[[B]]
nn.parameter @w : tensor<8xf32> {trainable}
func.func @small(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %w = nn.load @w : tensor<8xf32>
  %a = nn.softmax %x : tensor<4x8xf32>
  %b = nn.log_softmax %x : tensor<4x8xf32>
  %m = nn.compare lt %a, %b : tensor<4x8xf32>, tensor<4x8xf32>
  %e = nn.exp %w : tensor<8xf32>
  %r = nn.broadcast %e : tensor<8xf32> to tensor<4x8xf32>
  %d = nn.select %m, %r, %r : tensor<4x8xi1>, tensor<4x8xf32>, tensor<4x8xf32> loc(#back)
  return %d : tensor<4x8xf32>
}

// A product reads a tensor. To make it again is a launch: too dear for this step, and cheap beside a large
// product, where both read the same repetition.
// CHECK-LABEL: func.func @small_step
// CHECK:         %[[E:.*]] = nn.exp
// CHECK:         nn.matmul %[[E]]
// CHECK-LABEL: func.func @large_step
// CHECK:         nn.exp
// CHECK:         nn.matmul
// CHECK:         %[[E:.*]] = nn.exp
// CHECK-NEXT:    nn.matmul %[[E]]
// CHECK-NEXT:    nn.matmul %[[E]]
func.func @small_step(%x: tensor<8x8xf32>) -> (tensor<8x8xf32>, tensor<8x8xf32>) {
  %g = nn.softmax %x : tensor<8x8xf32>
  %e = nn.exp %g : tensor<8x8xf32>
  %d = nn.matmul %e, %e : tensor<8x8xf32>, tensor<8x8xf32> loc(#back)
  %f = nn.log_softmax %g : tensor<8x8xf32> loc(#back)
  return %d, %f : tensor<8x8xf32>, tensor<8x8xf32>
}
func.func @large_step(%x: tensor<8x4096xf32>, %y: tensor<4096x65536xf32>) -> (tensor<8x65536xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x4096xf32>) {
  %g = nn.softmax %x : tensor<8x4096xf32>
  %e = nn.exp %g : tensor<8x4096xf32>
  %p = nn.matmul %e, %y : tensor<8x4096xf32>, tensor<4096x65536xf32>
  %d = nn.matmul %e, %x {transpose_b} : tensor<8x4096xf32>, tensor<8x4096xf32> loc(#back)
  %c = nn.matmul %e, %g {transpose_b} : tensor<8x4096xf32>, tensor<8x4096xf32> loc(#back)
  %f = nn.log_softmax %g : tensor<8x4096xf32> loc(#back)
  return %p, %d, %c, %f : tensor<8x65536xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x4096xf32>
}

// Without a backward pass nothing is repeated.
// CHECK-LABEL: func.func @evaluate
// CHECK-COUNT-1: nn.exp
// CHECK-NOT:     nn.exp
func.func @evaluate(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = nn.exp %x : tensor<4xf32>
  %a = nn.neg %e : tensor<4xf32>
  %b = nn.abs %e : tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// The product of a weight's gradient reads an activation. The nest of the activation's gradient, which reads
// the same tensor, can write it again, and the product waits for that.
// CHECK-LABEL: func.func @activation
// CHECK:         %[[U:.*]] = nn.matmul %arg0, %arg1
// CHECK:         %[[G:.*]] = nn.gelu %[[U]]
// CHECK:         nn.matmul %[[G]], %arg2
// CHECK:         %[[D:.*]] = nn.matmul %{{.*}}, %arg2 {transpose_b}
// CHECK-NEXT:    %[[G2:.*]] = nn.gelu %[[U]]
// CHECK-NEXT:    nn.gelu_grad %[[D]], %[[U]]
// CHECK-NEXT:    nn.matmul %[[G2]], %{{.*}} {transpose_a}
func.func @activation(%x: tensor<512x2048xf32>, %w1: tensor<2048x1024xf32>, %w2: tensor<1024x2048xf32>) -> (tensor<1024x2048xf32>, tensor<512x1024xf32>) {
  %u = nn.matmul %x, %w1 : tensor<512x2048xf32>, tensor<2048x1024xf32>
  %g = nn.gelu %u : tensor<512x1024xf32>
  %y = nn.matmul %g, %w2 : tensor<512x1024xf32>, tensor<1024x2048xf32>
  %dy = nn.softmax %y : tensor<512x2048xf32> loc(#back)
  %dw = nn.matmul %g, %dy {transpose_a} : tensor<512x1024xf32>, tensor<512x2048xf32> loc(#back)
  %dg = nn.matmul %dy, %w2 {transpose_b} : tensor<512x2048xf32>, tensor<1024x2048xf32> loc(#back)
  %du = nn.gelu_grad %dg, %u : tensor<512x1024xf32>, tensor<512x1024xf32> loc(#back)
  return %dw, %du : tensor<1024x2048xf32>, tensor<512x1024xf32>
}

// Here the gradient itself needs the product's result, which therefore cannot wait. A launch of its own would be
// too dear: the activation is kept.
// CHECK-LABEL: func.func @waiting
// CHECK:         %[[G:.*]] = nn.gelu %
// CHECK:         nn.softmax
// CHECK-NEXT:    nn.matmul %[[G]], %arg3
func.func @waiting(%x: tensor<512x2048xf32>, %w1: tensor<2048x1024xf32>, %w2: tensor<1024x2048xf32>, %w3: tensor<1024x1024xf32>) -> (tensor<512x1024xf32>, tensor<512x2048xf32>) {
  %u = nn.matmul %x, %w1 : tensor<512x2048xf32>, tensor<2048x1024xf32>
  %g = nn.gelu %u : tensor<512x1024xf32>
  %y = nn.matmul %g, %w2 : tensor<512x1024xf32>, tensor<1024x2048xf32>
  %dy = nn.softmax %y : tensor<512x2048xf32> loc(#back)
  %e = nn.matmul %g, %w3 : tensor<512x1024xf32>, tensor<1024x1024xf32> loc(#back)
  %du = nn.gelu_grad %e, %u : tensor<512x1024xf32>, tensor<512x1024xf32> loc(#back)
  return %du, %dy : tensor<512x1024xf32>, tensor<512x2048xf32>
}

// What the first product reads has no host, since the nest waits for that product. It is a launch before the
// product, and its own copy of the activation is, too.
// CHECK-LABEL: func.func @before_the_host
// CHECK:         %[[U:.*]] = nn.matmul %arg0, %arg1
// CHECK:         nn.softmax
// CHECK-NEXT:    %[[G1:.*]] = nn.gelu %[[U]]
// CHECK-NEXT:    %[[W:.*]] = nn.mul %[[G1]], %[[G1]]
// CHECK-NEXT:    %[[E:.*]] = nn.matmul %[[W]], %arg3
// CHECK-NEXT:    %[[G2:.*]] = nn.gelu %[[U]]
// CHECK-NEXT:    nn.gelu_grad %[[E]], %[[U]]
// CHECK-NEXT:    nn.matmul %[[G2]], %{{.*}} {transpose_a}
func.func @before_the_host(%x: tensor<512x2048xf32>, %w1: tensor<2048x1024xf32>, %w2: tensor<1024x65536xf32>, %w3: tensor<1024x1024xf32>) -> (tensor<512x1024xf32>, tensor<1024x65536xf32>) {
  %u = nn.matmul %x, %w1 : tensor<512x2048xf32>, tensor<2048x1024xf32>
  %g = nn.gelu %u : tensor<512x1024xf32>
  %w = nn.mul %g, %g : tensor<512x1024xf32>, tensor<512x1024xf32>
  %p = nn.matmul %w, %w2 : tensor<512x1024xf32>, tensor<1024x65536xf32>
  %q = nn.matmul %g, %w2 : tensor<512x1024xf32>, tensor<1024x65536xf32>
  %y = nn.add %p, %q : tensor<512x65536xf32>, tensor<512x65536xf32>
  %dy = nn.softmax %y : tensor<512x65536xf32> loc(#back)
  %e = nn.matmul %w, %w3 : tensor<512x1024xf32>, tensor<1024x1024xf32> loc(#back)
  %dw = nn.matmul %g, %dy {transpose_a} : tensor<512x1024xf32>, tensor<512x65536xf32> loc(#back)
  %du = nn.gelu_grad %e, %u : tensor<512x1024xf32>, tensor<512x1024xf32> loc(#back)
  return %du, %dw : tensor<512x1024xf32>, tensor<1024x65536xf32>
}

// Normalised rows that only a loop nest reads are made again there, with the statistics.
// CHECK-LABEL: func.func @rows
// CHECK:         %{{.*}}, %[[M:.*]], %[[R:.*]] = nn.layer_norm %[[X:.*]], %{{.*}}
// CHECK:         %[[MEAN:.*]] = nn.reshape %[[M]] : tensor<4xf32> to tensor<4x1xf32>
// CHECK-NEXT:    %[[D:.*]] = nn.sub %[[X]], %[[MEAN]]
// CHECK-NEXT:    %[[RSTD:.*]] = nn.reshape %[[R]] : tensor<4xf32> to tensor<4x1xf32>
// CHECK-NEXT:    %[[N:.*]] = nn.mul %[[D]], %[[RSTD]]
// CHECK-NEXT:    nn.mul %arg1, %[[N]]
func.func @rows(%z: tensor<4x8xf32>, %dy: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %x = nn.softmax %z : tensor<4x8xf32>
  %ones = nn.constant dense<1.0> : tensor<8xf32>
  %y, %mean, %rstd = nn.layer_norm %x, %ones {epsilon = 1.0e-05 : f64} : tensor<4x8xf32>, tensor<8xf32>
  %dx = nn.layer_norm_grad_input %dy, %x, %ones, %mean, %rstd : tensor<4x8xf32>, tensor<4x8xf32>, tensor<8xf32>, tensor<4xf32>, tensor<4xf32> loc(#back)
  %p = nn.mul %dy, %y : tensor<4x8xf32>, tensor<4x8xf32> loc(#back)
  return %dx, %p : tensor<4x8xf32>, tensor<4x8xf32>
}

// Rows that a product reads are written by the launch of the normalisation's gradients, and the product runs
// behind that. The statistics are kept.
// CHECK-LABEL: func.func @rows_of_a_product
// CHECK:         %{{.*}}, %[[M:.*]], %[[R:.*]] = nn.layer_norm %[[X:[0-9]+]], %arg2
// CHECK:         %[[DY:.*]] = nn.softmax
// CHECK-NEXT:    %[[E:.*]] = nn.matmul %[[DY]], %arg1 {transpose_b}
// CHECK-NEXT:    %[[Y:[a-z_0-9]+]], %{{.*}} = nn.layer_norm %[[X]], %arg2
// CHECK-NEXT:    nn.layer_norm_grad_input %[[E]], %[[X]], %arg2, %[[M]], %[[R]]
// CHECK-NEXT:    nn.matmul %[[Y]], %[[DY]] {transpose_a}
// CHECK-NEXT:    nn.layer_norm_grad_params %[[E]], %[[X]], %[[M]], %[[R]]
func.func @rows_of_a_product(%z: tensor<512x1024xf32>, %w: tensor<1024x1024xf32>, %scale: tensor<1024xf32>) -> (tensor<512x1024xf32>, tensor<1024x1024xf32>, tensor<1024xf32>, tensor<1024xf32>) {
  %x = nn.matmul %z, %w : tensor<512x1024xf32>, tensor<1024x1024xf32>
  %y, %mean, %rstd = nn.layer_norm %x, %scale {epsilon = 1.0e-05 : f64} : tensor<512x1024xf32>, tensor<1024xf32>
  %p = nn.matmul %y, %w : tensor<512x1024xf32>, tensor<1024x1024xf32>
  %dy = nn.softmax %p : tensor<512x1024xf32> loc(#back)
  %dw = nn.matmul %y, %dy {transpose_a} : tensor<512x1024xf32>, tensor<512x1024xf32> loc(#back)
  %e = nn.matmul %dy, %w {transpose_b} : tensor<512x1024xf32>, tensor<1024x1024xf32> loc(#back)
  %dx = nn.layer_norm_grad_input %e, %x, %scale, %mean, %rstd : tensor<512x1024xf32>, tensor<512x1024xf32>, tensor<1024xf32>, tensor<512xf32>, tensor<512xf32> loc(#back)
  %dscale, %dbias = nn.layer_norm_grad_params %e, %x, %mean, %rstd : tensor<512x1024xf32>, tensor<512x1024xf32>, tensor<512xf32>, tensor<512xf32> to tensor<1024xf32>, tensor<1024xf32> loc(#back)
  return %dx, %dw, %dscale, %dbias : tensor<512x1024xf32>, tensor<1024x1024xf32>, tensor<1024xf32>, tensor<1024xf32>
}

// So are rows in bf16.
// CHECK-LABEL: func.func @narrow_rows_of_a_product
// CHECK:         %{{.*}}, %[[M:.*]], %[[R:.*]] = nn.layer_norm %[[X:[0-9]+]], %arg2
// CHECK:         %[[E:.*]] = nn.matmul %{{.*}}, %arg1 {transpose_b}
// CHECK-NEXT:    %[[Y:[a-z_0-9]+]], %{{.*}} = nn.layer_norm %[[X]], %arg2
// CHECK-NEXT:    %[[N:[0-9]+]] = nn.cast %[[Y]] {to = bf16}
// CHECK-NEXT:    nn.layer_norm_grad_input %[[E]], %[[X]], %arg2, %[[M]], %[[R]]
// CHECK-NEXT:    nn.matmul %[[N]], %{{.*}} {transpose_a}
func.func @narrow_rows_of_a_product(%z: tensor<512x1024xbf16>, %w: tensor<1024x1024xbf16>, %scale: tensor<1024xf32>) -> (tensor<512x1024xf32>, tensor<1024x1024xf32>, tensor<1024xf32>, tensor<1024xf32>) {
  %x = nn.matmul %z, %w : tensor<512x1024xbf16>, tensor<1024x1024xbf16>
  %y, %mean, %rstd = nn.layer_norm %x, %scale {epsilon = 1.0e-05 : f64} : tensor<512x1024xf32>, tensor<1024xf32>
  %n = nn.cast %y {to = bf16} : tensor<512x1024xf32>
  %p = nn.matmul %n, %w : tensor<512x1024xbf16>, tensor<1024x1024xbf16>
  %s = nn.softmax %p : tensor<512x1024xf32> loc(#back)
  %dy = nn.cast %s {to = bf16} : tensor<512x1024xf32> loc(#back)
  %dw = nn.matmul %n, %dy {transpose_a} : tensor<512x1024xbf16>, tensor<512x1024xbf16> loc(#back)
  %e = nn.matmul %dy, %w {transpose_b} : tensor<512x1024xbf16>, tensor<1024x1024xbf16> loc(#back)
  %dx = nn.layer_norm_grad_input %e, %x, %scale, %mean, %rstd : tensor<512x1024xf32>, tensor<512x1024xf32>, tensor<1024xf32>, tensor<512xf32>, tensor<512xf32> loc(#back)
  %dscale, %dbias = nn.layer_norm_grad_params %e, %x, %mean, %rstd : tensor<512x1024xf32>, tensor<512x1024xf32>, tensor<512xf32>, tensor<512xf32> to tensor<1024xf32>, tensor<1024xf32> loc(#back)
  return %dx, %dw, %dscale, %dbias : tensor<512x1024xf32>, tensor<1024x1024xf32>, tensor<1024xf32>, tensor<1024xf32>
}

// The gated activation that the last product reads is written by the nest of its gradients: it is made again where
// that begins, and the product runs where it ends, so that nothing cuts the nest in two.
// CHECK-LABEL: func.func @gated
// CHECK:         %[[DP:.*]] = nn.matmul %[[DY:.*]], %arg3 {transpose_b}
// CHECK-NEXT:    %[[S:.*]] = nn.sigmoid %[[G:[0-9]+]]
// CHECK-NEXT:    %[[A:.*]] = nn.mul %[[G]], %[[S]]
// CHECK-NEXT:    %[[P:.*]] = nn.mul %[[A]], %[[U:[0-9]+]]
// CHECK-NEXT:    nn.mul %[[DP]], %[[U]]
// CHECK:         nn.sigmoid_grad
// CHECK-NEXT:    nn.add
// CHECK-NEXT:    nn.matmul %[[P]], %[[DY]] {transpose_a}
func.func @gated(%x: tensor<512x256xf32>, %wg: tensor<256x1024xf32>, %wu: tensor<256x1024xf32>, %wd: tensor<1024x4096xf32>) -> (tensor<512x1024xf32>, tensor<512x1024xf32>, tensor<1024x4096xf32>) {
  %g = nn.matmul %x, %wg : tensor<512x256xf32>, tensor<256x1024xf32>
  %u = nn.matmul %x, %wu : tensor<512x256xf32>, tensor<256x1024xf32>
  %s = nn.sigmoid %g : tensor<512x1024xf32>
  %a = nn.mul %g, %s : tensor<512x1024xf32>, tensor<512x1024xf32>
  %p = nn.mul %a, %u : tensor<512x1024xf32>, tensor<512x1024xf32>
  %y = nn.matmul %p, %wd : tensor<512x1024xf32>, tensor<1024x4096xf32>
  %dy = nn.softmax %y : tensor<512x4096xf32> loc(#back)
  %dp = nn.matmul %dy, %wd {transpose_b} : tensor<512x4096xf32>, tensor<1024x4096xf32> loc(#back)
  %dwd = nn.matmul %p, %dy {transpose_a} : tensor<512x1024xf32>, tensor<512x4096xf32> loc(#back)
  %da = nn.mul %dp, %u : tensor<512x1024xf32>, tensor<512x1024xf32> loc(#back)
  %du = nn.mul %dp, %a : tensor<512x1024xf32>, tensor<512x1024xf32> loc(#back)
  %d1 = nn.mul %da, %s : tensor<512x1024xf32>, tensor<512x1024xf32> loc(#back)
  %d2 = nn.mul %da, %g : tensor<512x1024xf32>, tensor<512x1024xf32> loc(#back)
  %d3 = nn.sigmoid_grad %d2, %s : tensor<512x1024xf32>, tensor<512x1024xf32> loc(#back)
  %dg = nn.add %d1, %d3 : tensor<512x1024xf32>, tensor<512x1024xf32> loc(#back)
  return %dg, %du, %dwd : tensor<512x1024xf32>, tensor<512x1024xf32>, tensor<1024x4096xf32>
}
