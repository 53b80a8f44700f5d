// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-raise-attention))' -verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @scores_scaled
// CHECK:         nn.attention %arg0, %arg1, %arg2 {scale = 5.000000e-01 : f64}
// CHECK-NOT:     nn.softmax
func.func @scores_scaled(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %s = nn.matmul %q, %k {transpose_b} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %ss = nn.mul %s, %half : tensor<1x2x3x3xf32>, tensor<f32>
  %p = nn.softmax %ss : tensor<1x2x3x3xf32>
  // expected-remark @+1 {{raised to nn.attention}}
  %y = nn.matmul %p, %v : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32>
  return %y : tensor<1x2x3x4xf32>
}

// The scores are divided by sqrt d; a separate op transposes the keys.
// CHECK-LABEL: func.func @scores_divided
// CHECK:         nn.attention %arg0, %arg1, %arg2 {scale = 5.000000e-01 : f64}
// CHECK-NOT:     nn.softmax
func.func @scores_divided(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %kt = nn.transpose %k {permutation = array<i64: 0, 1, 3, 2>} : tensor<1x2x3x4xf32>
  %s = nn.matmul %q, %kt : tensor<1x2x3x4xf32>, tensor<1x2x4x3xf32>
  %two = nn.constant dense<2.0> : tensor<f32>
  %ss = nn.div %s, %two : tensor<1x2x3x3xf32>, tensor<f32>
  %p = nn.softmax %ss : tensor<1x2x3x3xf32>
  // expected-remark @+1 {{raised to nn.attention}}
  %y = nn.matmul %p, %v : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32>
  return %y : tensor<1x2x3x4xf32>
}

// q and k are each scaled by the root of the scale; the exporter guards rows without keys.
// CHECK-LABEL: func.func @scale_split
// CHECK:         nn.attention %arg0, %arg1, %arg2 {scale = 0.49999{{.*}} : f64}
// CHECK-NOT:     nn.softmax
func.func @scale_split(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %r = nn.constant dense<0.707106769> : tensor<f32>
  %qs = nn.mul %q, %r : tensor<1x2x3x4xf32>, tensor<f32>
  %ks = nn.mul %r, %k : tensor<f32>, tensor<1x2x3x4xf32>
  %s = nn.matmul %qs, %ks {transpose_b} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  %p = nn.softmax %s : tensor<1x2x3x3xf32>
  %nan = nn.is_nan %p : tensor<1x2x3x3xf32>
  %zero = nn.constant dense<0.0> : tensor<f32>
  %g = nn.select %nan, %zero, %p : tensor<1x2x3x3xi1>, tensor<f32>, tensor<1x2x3x3xf32>
  // expected-remark @+1 {{raised to nn.attention}}
  %y = nn.matmul %g, %v : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32>
  return %y : tensor<1x2x3x4xf32>
}

// Masks that hide the future, in the forms that exporters write.
// CHECK-LABEL: func.func @zero_and_infinity
// CHECK:         nn.attention %arg0, %arg1, %arg2 {causal, scale = 5.000000e-01 : f64}
// CHECK-NOT:     nn.softmax
func.func @zero_and_infinity(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %s = nn.matmul %q, %k {transpose_b} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %ss = nn.mul %s, %half : tensor<1x2x3x3xf32>, tensor<f32>
  %m = nn.constant dense<[[0.0, 0xFF800000, 0xFF800000], [0.0, 0.0, 0xFF800000], [0.0, 0.0, 0.0]]> : tensor<3x3xf32>
  %sm = nn.add %ss, %m : tensor<1x2x3x3xf32>, tensor<3x3xf32>
  %p = nn.softmax %sm : tensor<1x2x3x3xf32>
  // expected-remark @+2 {{causal mask recognised}}
  // expected-remark @+1 {{raised to nn.attention}}
  %y = nn.matmul %p, %v : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32>
  return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @lowest_float
// CHECK:         nn.attention %arg0, %arg1, %arg2 {causal, scale = 5.000000e-01 : f64}
// CHECK-NOT:     nn.softmax
func.func @lowest_float(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %s = nn.matmul %q, %k {transpose_b} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %ss = nn.mul %s, %half : tensor<1x2x3x3xf32>, tensor<f32>
  %m = nn.constant dense<[[[[0.0, -3.40282347E+38, -3.40282347E+38], [0.0, 0.0, -3.40282347E+38], [0.0, 0.0, 0.0]], [[0.0, -3.40282347E+38, -3.40282347E+38], [0.0, 0.0, -3.40282347E+38], [0.0, 0.0, 0.0]]]]> : tensor<1x2x3x3xf32>
  %sm = nn.add %ss, %m : tensor<1x2x3x3xf32>, tensor<1x2x3x3xf32>
  %p = nn.softmax %sm : tensor<1x2x3x3xf32>
  // expected-remark @+2 {{causal mask recognised}}
  // expected-remark @+1 {{raised to nn.attention}}
  %y = nn.matmul %p, %v : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32>
  return %y : tensor<1x2x3x4xf32>
}

// A triangle of booleans, as the Attention operator of opset 23 has it.
// CHECK-LABEL: func.func @bool_triangle
// CHECK:         nn.attention %arg0, %arg0, %arg0 {causal, scale = 5.000000e-01 : f64}
func.func @bool_triangle(%q: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %m = nn.constant dense<[[[[true, false, false], [true, true, false], [true, true, true]]]]> : tensor<1x1x3x3xi1>
  // expected-remark @+1 {{causal mask recognised}}
  %y, %lse = nn.attention %q, %q, %q mask %m {scale = 5.0e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x1x3x3xi1>
  return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @bool_of_nothing
// CHECK:         nn.attention %arg0, %arg0, %arg0 {scale = 5.000000e-01 : f64} :
func.func @bool_of_nothing(%q: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %m = nn.constant dense<true> : tensor<1x2x3x3xi1>
  %y, %lse = nn.attention %q, %q, %q mask %m {scale = 5.0e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x3xi1>
  return %y : tensor<1x2x3x4xf32>
}

// A mask that hides nothing is dropped.
// CHECK-LABEL: func.func @zeros
// CHECK:         nn.attention %arg0, %arg1, %arg2 {scale = 5.000000e-01 : f64}
// CHECK-NOT:     nn.softmax
func.func @zeros(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %s = nn.matmul %q, %k {transpose_b} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %ss = nn.mul %s, %half : tensor<1x2x3x3xf32>, tensor<f32>
  %m = nn.constant dense<0.0> : tensor<3x3xf32>
  %sm = nn.add %ss, %m : tensor<1x2x3x3xf32>, tensor<3x3xf32>
  %p = nn.softmax %sm : tensor<1x2x3x3xf32>
  // expected-remark @+1 {{raised to nn.attention}}
  %y = nn.matmul %p, %v : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32>
  return %y : tensor<1x2x3x4xf32>
}

// Any other mask is kept, and added.
// CHECK-LABEL: func.func @other_mask
// CHECK:         nn.attention %arg0, %arg1, %arg2 mask %{{.*}} {scale = 5.000000e-01 : f64}
// CHECK-NOT:     nn.softmax
func.func @other_mask(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %s = nn.matmul %q, %k {transpose_b} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %ss = nn.mul %s, %half : tensor<1x2x3x3xf32>, tensor<f32>
  %m = nn.constant dense<[[0.0, -3.40282347E+38, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]> : tensor<3x3xf32>
  %sm = nn.add %ss, %m : tensor<1x2x3x3xf32>, tensor<3x3xf32>
  %p = nn.softmax %sm : tensor<1x2x3x3xf32>
  // expected-remark @+1 {{raised to nn.attention}}
  %y = nn.matmul %p, %v : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32>
  return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @bias
// CHECK:         nn.attention %arg0, %arg1, %arg2 mask %{{.*}} {scale = 5.000000e-01 : f64}
// CHECK-NOT:     nn.softmax
func.func @bias(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>, %m: tensor<3x3xf32>) -> tensor<1x2x3x4xf32> {
  %s = nn.matmul %q, %k {transpose_b} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %ss = nn.mul %s, %half : tensor<1x2x3x3xf32>, tensor<f32>
  %sm = nn.add %ss, %m : tensor<1x2x3x3xf32>, tensor<3x3xf32>
  %p = nn.softmax %sm : tensor<1x2x3x3xf32>
  // expected-remark @+1 {{raised to nn.attention}}
  %y = nn.matmul %p, %v : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32>
  return %y : tensor<1x2x3x4xf32>
}

// Transpositions that moved the heads outwards are folded into the op (heads_inner).
// CHECK-LABEL: func.func @heads_stay_inside
// CHECK:         %[[Y:.*]], %{{.*}} = nn.attention %arg0, %arg1, %arg2 {heads_inner, scale = 5.000000e-01 : f64}
// CHECK-NEXT:    return %[[Y]]
func.func @heads_stay_inside(%qi: tensor<1x3x2x4xf32>, %ki: tensor<1x3x2x4xf32>, %vi: tensor<1x3x2x4xf32>) -> tensor<1x3x2x4xf32> {
  %q = nn.transpose %qi {permutation = array<i64: 0, 2, 1, 3>} : tensor<1x3x2x4xf32>
  %k = nn.transpose %ki {permutation = array<i64: 0, 2, 1, 3>} : tensor<1x3x2x4xf32>
  %v = nn.transpose %vi {permutation = array<i64: 0, 2, 1, 3>} : tensor<1x3x2x4xf32>
  %s = nn.matmul %q, %k {transpose_b} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %ss = nn.mul %s, %half : tensor<1x2x3x3xf32>, tensor<f32>
  %p = nn.softmax %ss : tensor<1x2x3x3xf32>
  // expected-remark @+1 {{raised to nn.attention}}
  %y = nn.matmul %p, %v : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32>
  %yi = nn.transpose %y {permutation = array<i64: 0, 2, 1, 3>} : tensor<1x2x3x4xf32>
  return %yi : tensor<1x3x2x4xf32>
}

// A learned bias needs a gradient: the ops do not change.
nn.parameter @learned.bias : tensor<3x3xf32> {trainable, role = "matrix"}
// CHECK-LABEL: func.func @learned_bias
// CHECK-NOT: nn.attention
// CHECK: nn.softmax
func.func @learned_bias(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %bias = nn.load @learned.bias : tensor<3x3xf32>
  %scores = nn.matmul %q, %k {transpose_b} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  %masked = nn.add %scores, %bias : tensor<1x2x3x3xf32>, tensor<3x3xf32>
  %p = nn.softmax %masked : tensor<1x2x3x3xf32>
  %y = nn.matmul %p, %v : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32>
  return %y : tensor<1x2x3x4xf32>
}

// Values that all heads share do not match attention: the products do not change.
// CHECK-LABEL: func.func @shared_values
// CHECK-NOT: nn.attention
// CHECK: nn.softmax
func.func @shared_values(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<3x4xf32>) -> tensor<1x2x3x4xf32> {
  %scores = nn.matmul %q, %k {transpose_b} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  %p = nn.softmax %scores : tensor<1x2x3x3xf32>
  %y = nn.matmul %p, %v : tensor<1x2x3x3xf32>, tensor<3x4xf32>
  return %y : tensor<1x2x3x4xf32>
}

// Each of two heads of keys and values is repeated for three heads of queries.
// CHECK-LABEL: func.func @repeated_heads
// CHECK:         nn.attention %arg0, %arg1, %arg2 {scale = 5.000000e-01 : f64} : tensor<1x6x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
// CHECK-NOT:     nn.broadcast
func.func @repeated_heads(%q: tensor<1x6x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x6x3x4xf32> {
  %k5 = nn.reshape %k : tensor<1x2x3x4xf32> to tensor<1x2x1x3x4xf32>
  %kb = nn.broadcast %k5 : tensor<1x2x1x3x4xf32> to tensor<1x2x3x3x4xf32>
  %k6 = nn.reshape %kb : tensor<1x2x3x3x4xf32> to tensor<1x6x3x4xf32>
  %v5 = nn.reshape %v : tensor<1x2x3x4xf32> to tensor<1x2x1x3x4xf32>
  %vb = nn.broadcast %v5 : tensor<1x2x1x3x4xf32> to tensor<1x2x3x3x4xf32>
  %v6 = nn.reshape %vb : tensor<1x2x3x3x4xf32> to tensor<1x6x3x4xf32>
  // expected-remark @+1 {{heads of keys and values shared, not repeated}}
  %y, %lse = nn.attention %q, %k6, %v6 {scale = 0.5 : f64}
      : tensor<1x6x3x4xf32>, tensor<1x6x3x4xf32>, tensor<1x6x3x4xf32>
  return %y : tensor<1x6x3x4xf32>
}

// All heads are repeated in turn: head i is not of group i / 3, so nothing changes.
// CHECK-LABEL: func.func @tiled_heads
// CHECK:         nn.attention %arg0, %{{.*}} : tensor<1x6x3x4xf32>, tensor<1x6x3x4xf32>, tensor<1x6x3x4xf32>
func.func @tiled_heads(%q: tensor<1x6x3x4xf32>, %k: tensor<1x2x3x4xf32>) -> tensor<1x6x3x4xf32> {
  %k5 = nn.reshape %k : tensor<1x2x3x4xf32> to tensor<1x1x2x3x4xf32>
  %kb = nn.broadcast %k5 : tensor<1x1x2x3x4xf32> to tensor<1x3x2x3x4xf32>
  %k6 = nn.reshape %kb : tensor<1x3x2x3x4xf32> to tensor<1x6x3x4xf32>
  %y, %lse = nn.attention %q, %k6, %k6 {scale = 0.5 : f64}
      : tensor<1x6x3x4xf32>, tensor<1x6x3x4xf32>, tensor<1x6x3x4xf32>
  return %y : tensor<1x6x3x4xf32>
}
