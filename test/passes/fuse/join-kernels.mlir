// What a kernel does beside its op: a product adds up a factor, as the gradient of a bias needs; attention
// takes queries, keys and values, and gives their gradients, as parts of one tensor.
//
// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-launches))' --mlir-print-local-scope | FileCheck %s
// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-launches{fuse-loops=false}))' | FileCheck %s --check-prefix=ALONE

// ALONE-LABEL: func.func @bias_gradient
// ALONE:         nn.launch(%{{[^,]*}}) :
// ALONE-NEXT:    ^bb0
// ALONE-NEXT:      nn.reduce_sum
// ALONE-NEXT:      nn.yield

// The sum of a tensor whose rows the product reads as a matrix, before it or behind it.
// CHECK-LABEL: func.func @bias_gradient
// CHECK-DAG:     %[[X:.*]] = nn.reshape %arg0
// CHECK-DAG:     %[[G:.*]] = nn.reshape %arg1
// CHECK:         %[[D:[0-9]+]]:2 = nn.launch(%[[G]], %[[X]]) : (tensor<6x4xf32>, tensor<6x8xf32>) -> (tensor<8x4xf32>, tensor<4xf32>)
// CHECK-NEXT:    ^bb0(%[[GI:.*]]: tensor<6x4xf32>, %[[XI:.*]]: tensor<6x8xf32>):
// CHECK-NEXT:      %[[S:.*]] = nn.reduce_sum %[[GI]] {axes = array<i64: 0>}
// CHECK-NEXT:      %[[P:.*]] = nn.matmul %[[XI]], %[[GI]] {transpose_a}
// CHECK-NEXT:      nn.yield %[[P]], %[[S]]
// CHECK:         return %[[D]]#0, %[[D]]#1
func.func @bias_gradient(%x: tensor<2x3x8xf32>, %dy: tensor<2x3x4xf32>) -> (tensor<8x4xf32>, tensor<4xf32>) {
  %db = nn.reduce_sum %dy {axes = array<i64: 0, 1>} : tensor<2x3x4xf32>
  %rows = nn.reshape %x : tensor<2x3x8xf32> to tensor<6x8xf32>
  %gradients = nn.reshape %dy : tensor<2x3x4xf32> to tensor<6x4xf32>
  %dw = nn.matmul %rows, %gradients {transpose_a} : tensor<6x8xf32>, tensor<6x4xf32>
  return %dw, %db : tensor<8x4xf32>, tensor<4xf32>
}
// A product of which only the transpose is the weight's gradient: the sum is of its left factor.
// CHECK-LABEL: func.func @left
// CHECK:         nn.launch(%arg1, %arg0)
// CHECK-NEXT:    ^bb0(%[[G:.*]]: tensor<6x4xf32>, %[[X:.*]]: tensor<6x8xf32>):
// CHECK-NEXT:      nn.reduce_sum %[[G]]
// CHECK-NEXT:      nn.matmul %[[G]], %[[X]] {transpose_a}
func.func @left(%x: tensor<6x8xf32>, %dy: tensor<6x4xf32>) -> (tensor<4x8xf32>, tensor<4xf32>) {
  %dw = nn.matmul %dy, %x {transpose_a} : tensor<6x4xf32>, tensor<6x8xf32>
  %db = nn.reduce_sum %dy {axes = array<i64: 0>} : tensor<6x4xf32>
  return %dw, %db : tensor<4x8xf32>, tensor<4xf32>
}
// The sum is read before the product can run, but the product can run earlier.
// CHECK-LABEL: func.func @earlier
// CHECK:         %[[D:.*]]:2 = nn.launch(%arg1, %arg0)
// CHECK:           nn.reduce_sum
// CHECK-NEXT:      nn.matmul
// CHECK:         nn.launch(%[[D]]#1)
func.func @earlier(%x: tensor<6x8xf32>, %dy: tensor<6x4xf32>) -> (tensor<8x4xf32>, tensor<4xf32>) {
  %db = nn.reduce_sum %dy {axes = array<i64: 0>} : tensor<6x4xf32>
  %root = nn.sqrt %db : tensor<4xf32>
  %dw = nn.matmul %x, %dy {transpose_a} : tensor<6x8xf32>, tensor<6x4xf32>
  return %dw, %root : tensor<8x4xf32>, tensor<4xf32>
}
// Not joined: a product that needs the sum; one that does not add over the rows; sums over other dimensions; a
// batch of products.
// CHECK-LABEL: func.func @needs_the_sum
// CHECK:         nn.reduce_sum
// CHECK-NEXT:    nn.yield
func.func @needs_the_sum(%dy: tensor<6x4xf32>) -> (tensor<4x4xf32>) {
  %db = nn.reduce_sum %dy {axes = array<i64: 0>} : tensor<6x4xf32>
  %w = nn.broadcast %db : tensor<4xf32> to tensor<6x4xf32>
  %dw = nn.matmul %w, %dy {transpose_a} : tensor<6x4xf32>, tensor<6x4xf32>
  return %dw : tensor<4x4xf32>
}
// CHECK-LABEL: func.func @other_sums
// CHECK-COUNT-3: nn.launch
func.func @other_sums(%dy: tensor<6x4xf32>, %w: tensor<8x4xf32>) -> (tensor<6x8xf32>, tensor<4xf32>, tensor<6xf32>) {
  %dx = nn.matmul %dy, %w {transpose_b} : tensor<6x4xf32>, tensor<8x4xf32>
  %db = nn.reduce_sum %dy {axes = array<i64: 0>} : tensor<6x4xf32>
  %rows = nn.reduce_sum %dy {axes = array<i64: 1>} : tensor<6x4xf32>
  return %dx, %db, %rows : tensor<6x8xf32>, tensor<4xf32>, tensor<6xf32>
}
// CHECK-LABEL: func.func @batches
// CHECK-COUNT-2: nn.launch
func.func @batches(%x: tensor<2x3x8xf32>, %dy: tensor<2x3x4xf32>) -> (tensor<2x8x4xf32>, tensor<4xf32>) {
  %dw = nn.matmul %x, %dy {transpose_a} : tensor<2x3x8xf32>, tensor<2x3x4xf32>
  %db = nn.reduce_sum %dy {axes = array<i64: 0, 1>} : tensor<2x3x4xf32>
  return %dw, %db : tensor<2x8x4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @attention
// CHECK:         %[[A:.*]]:2 = nn.launch(%arg0) : (tensor<2x3x16xf32>) -> (tensor<2x3x2x4xf32>, tensor<2x2x3xf32>)
// CHECK:           nn.split
// CHECK:           nn.attention
// CHECK-NEXT:      nn.yield
// CHECK:         %[[D:.*]] = nn.launch(%arg0, %arg1, %[[A]]#0, %[[A]]#1) {{.*}} -> tensor<2x3x16xf32>
// CHECK:           nn.split
// CHECK:           nn.attention_grad
// CHECK:           nn.concat
// CHECK-NEXT:      nn.yield
// CHECK:         return %[[A]]#0, %[[D]]
func.func @attention(%x: tensor<2x3x16xf32>, %dy: tensor<2x3x2x4xf32>) -> (tensor<2x3x2x4xf32>, tensor<2x3x16xf32>) {
  %p:3 = nn.split %x {axis = 2 : i64, sizes = array<i64: 8, 4, 4>} : tensor<2x3x16xf32>
  %q = nn.reshape %p#0 : tensor<2x3x8xf32> to tensor<2x3x2x4xf32>
  %k = nn.reshape %p#1 : tensor<2x3x4xf32> to tensor<2x3x1x4xf32>
  %v = nn.reshape %p#2 : tensor<2x3x4xf32> to tensor<2x3x1x4xf32>
  %y, %lse = nn.attention %q, %k, %v {heads_inner, causal, scale = 0.5 : f64} : tensor<2x3x2x4xf32>, tensor<2x3x1x4xf32>, tensor<2x3x1x4xf32>
  %dq, %dk, %dv = nn.attention_grad %dy, %q, %k, %v, %y, %lse {heads_inner, causal, scale = 0.5 : f64} : tensor<2x3x2x4xf32>, tensor<2x3x2x4xf32>, tensor<2x3x1x4xf32>, tensor<2x3x1x4xf32>, tensor<2x3x2x4xf32>, tensor<2x2x3xf32>
  %a = nn.reshape %dq : tensor<2x3x2x4xf32> to tensor<2x3x8xf32>
  %b = nn.reshape %dk : tensor<2x3x1x4xf32> to tensor<2x3x4xf32>
  %c = nn.reshape %dv : tensor<2x3x1x4xf32> to tensor<2x3x4xf32>
  %dx = nn.concat %a, %b, %c {axis = 2 : i64} : tensor<2x3x8xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>
  return %y, %dx : tensor<2x3x2x4xf32>, tensor<2x3x16xf32>
}
// Not joined: other readers of a part, another order, heads outside, self-made keys.
// CHECK-LABEL: func.func @read_elsewhere
// CHECK:         nn.split
// CHECK-NEXT:    nn.yield
func.func @read_elsewhere(%x: tensor<2x3x3x2x4xf32>) -> (tensor<2x3x2x4xf32>, tensor<2x3x1x2x4xf32>) {
  %p:3 = nn.split %x {axis = 2 : i64, sizes = array<i64: 1, 1, 1>} : tensor<2x3x3x2x4xf32>
  %q = nn.reshape %p#0 : tensor<2x3x1x2x4xf32> to tensor<2x3x2x4xf32>
  %k = nn.reshape %p#1 : tensor<2x3x1x2x4xf32> to tensor<2x3x2x4xf32>
  %v = nn.reshape %p#2 : tensor<2x3x1x2x4xf32> to tensor<2x3x2x4xf32>
  %y, %lse = nn.attention %q, %k, %v {heads_inner, scale = 0.5 : f64} : tensor<2x3x2x4xf32>, tensor<2x3x2x4xf32>, tensor<2x3x2x4xf32>
  %e = nn.exp %p#2 : tensor<2x3x1x2x4xf32>
  return %y, %e : tensor<2x3x2x4xf32>, tensor<2x3x1x2x4xf32>
}
// CHECK-LABEL: func.func @forward_of_five
// CHECK:         nn.launch(%arg0)
// CHECK:           nn.split
// CHECK:           nn.attention
func.func @forward_of_five(%x: tensor<2x3x3x2x4xf32>) -> tensor<2x3x2x4xf32> {
  %p:3 = nn.split %x {axis = 2 : i64, sizes = array<i64: 1, 1, 1>} : tensor<2x3x3x2x4xf32>
  %q = nn.reshape %p#0 : tensor<2x3x1x2x4xf32> to tensor<2x3x2x4xf32>
  %k = nn.reshape %p#1 : tensor<2x3x1x2x4xf32> to tensor<2x3x2x4xf32>
  %v = nn.reshape %p#2 : tensor<2x3x1x2x4xf32> to tensor<2x3x2x4xf32>
  %y, %lse = nn.attention %q, %k, %v {heads_inner, scale = 0.5 : f64} : tensor<2x3x2x4xf32>, tensor<2x3x2x4xf32>, tensor<2x3x2x4xf32>
  return %y : tensor<2x3x2x4xf32>
}
// CHECK-LABEL: func.func @exchanged
// CHECK:         nn.split
// CHECK-NEXT:    nn.yield
func.func @exchanged(%x: tensor<2x3x3x2x4xf32>) -> tensor<2x3x2x4xf32> {
  %p:3 = nn.split %x {axis = 2 : i64, sizes = array<i64: 1, 1, 1>} : tensor<2x3x3x2x4xf32>
  %q = nn.reshape %p#1 : tensor<2x3x1x2x4xf32> to tensor<2x3x2x4xf32>
  %k = nn.reshape %p#0 : tensor<2x3x1x2x4xf32> to tensor<2x3x2x4xf32>
  %v = nn.reshape %p#2 : tensor<2x3x1x2x4xf32> to tensor<2x3x2x4xf32>
  %y, %lse = nn.attention %q, %k, %v {heads_inner, scale = 0.5 : f64} : tensor<2x3x2x4xf32>, tensor<2x3x2x4xf32>, tensor<2x3x2x4xf32>
  return %y : tensor<2x3x2x4xf32>
}

// The rows of a normalisation, made again for what follows its gradients. In the forward pass, or for an
// earlier reader, the normalisation is a launch.
#back = loc(fused<#nn.phase<backward>>[unknown])
// CHECK-LABEL: func.func @rows_again
// CHECK:         nn.layer_norm
// CHECK:         nn.layer_norm
// CHECK-NEXT:    %{{.*}} = nn.layer_norm_grad
// CHECK-NEXT:    nn.yield %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} :
func.func @rows_again(%x: tensor<6x8xf32>, %scale: tensor<8xf32>, %dy: tensor<6x8xf32>) -> (tensor<6x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8x8xf32>, tensor<6x8xf32>) {
  %y, %mean, %rstd = nn.layer_norm %x, %scale {epsilon = 1.0e-05 : f64} : tensor<6x8xf32>, tensor<8xf32>
  %again, %m, %r = nn.layer_norm %x, %scale {epsilon = 1.0e-05 : f64} : tensor<6x8xf32>, tensor<8xf32> loc(#back)
  %dx = nn.layer_norm_grad_input %dy, %x, %scale, %mean, %rstd : tensor<6x8xf32>, tensor<6x8xf32>, tensor<8xf32>, tensor<6xf32>, tensor<6xf32> loc(#back)
  %dscale, %dbias = nn.layer_norm_grad_params %dy, %x, %mean, %rstd : tensor<6x8xf32>, tensor<6x8xf32>, tensor<6xf32>, tensor<6xf32> to tensor<8xf32>, tensor<8xf32> loc(#back)
  %dw = nn.matmul %again, %dy {transpose_a} : tensor<6x8xf32>, tensor<6x8xf32> loc(#back)
  return %dx, %dscale, %dbias, %dw, %y : tensor<6x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8x8xf32>, tensor<6x8xf32>
}
// CHECK-LABEL: func.func @earlier_reader
// CHECK:         nn.layer_norm_grad
// CHECK-NEXT:    nn.yield %{{.*}}, %{{.*}}, %{{[^,]*}} :
func.func @earlier_reader(%x: tensor<6x8xf32>, %scale: tensor<8xf32>, %dy: tensor<6x8xf32>) -> (tensor<6x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8x8xf32>, tensor<6x8xf32>) {
  %y, %mean, %rstd = nn.layer_norm %x, %scale {epsilon = 1.0e-05 : f64} : tensor<6x8xf32>, tensor<8xf32>
  %again, %m, %r = nn.layer_norm %x, %scale {epsilon = 1.0e-05 : f64} : tensor<6x8xf32>, tensor<8xf32> loc(#back)
  %dw = nn.matmul %again, %dy {transpose_a} : tensor<6x8xf32>, tensor<6x8xf32> loc(#back)
  %dx = nn.layer_norm_grad_input %dy, %x, %scale, %mean, %rstd : tensor<6x8xf32>, tensor<6x8xf32>, tensor<8xf32>, tensor<6xf32>, tensor<6xf32> loc(#back)
  %dscale, %dbias = nn.layer_norm_grad_params %dy, %x, %mean, %rstd : tensor<6x8xf32>, tensor<6x8xf32>, tensor<6xf32>, tensor<6xf32> to tensor<8xf32>, tensor<8xf32> loc(#back)
  return %dx, %dscale, %dbias, %dw, %y : tensor<6x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8x8xf32>, tensor<6x8xf32>
}
// Rows in bf16 for a product: the conversion is a part of the launch, which does not give back those in f32.
// CHECK-LABEL: func.func @narrow_rows_again
// CHECK:         %{{.*}}:4 = nn.launch
// CHECK:         %[[ROWS:.*]], %{{.*}}, %{{.*}} = nn.layer_norm
// CHECK-NEXT:    %[[NARROW:.*]] = nn.cast %[[ROWS]] {to = bf16}
// CHECK-NEXT:    %{{.*}} = nn.layer_norm_grad
// CHECK-NEXT:    nn.yield %{{.*}}, %{{.*}}, %{{.*}}, %[[NARROW]] :
func.func @narrow_rows_again(%x: tensor<6x8xf32>, %scale: tensor<8xf32>, %dy: tensor<6x8xf32>, %e: tensor<6x8xbf16>) -> (tensor<6x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8x8xf32>, tensor<6x8xf32>) {
  %y, %mean, %rstd = nn.layer_norm %x, %scale {epsilon = 1.0e-05 : f64} : tensor<6x8xf32>, tensor<8xf32>
  %again, %m, %r = nn.layer_norm %x, %scale {epsilon = 1.0e-05 : f64} : tensor<6x8xf32>, tensor<8xf32> loc(#back)
  %narrow = nn.cast %again {to = bf16} : tensor<6x8xf32> loc(#back)
  %dx = nn.layer_norm_grad_input %dy, %x, %scale, %mean, %rstd : tensor<6x8xf32>, tensor<6x8xf32>, tensor<8xf32>, tensor<6xf32>, tensor<6xf32> loc(#back)
  %dscale, %dbias = nn.layer_norm_grad_params %dy, %x, %mean, %rstd : tensor<6x8xf32>, tensor<6x8xf32>, tensor<6xf32>, tensor<6xf32> to tensor<8xf32>, tensor<8xf32> loc(#back)
  %dw = nn.matmul %narrow, %e {transpose_a} : tensor<6x8xbf16>, tensor<6x8xbf16> loc(#back)
  return %dx, %dscale, %dbias, %dw, %y : tensor<6x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8x8xf32>, tensor<6x8xf32>
}
