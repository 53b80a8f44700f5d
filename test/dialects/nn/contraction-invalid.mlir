// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

func.func @vector(%a: tensor<4xf32>, %b: tensor<4x8xf32>) {
  // expected-error @+1 {{operands need two dimensions or more: 'tensor<4xf32>' and 'tensor<4x8xf32>'}}
  %0 = nn.matmul %a, %b : tensor<4xf32>, tensor<4x8xf32>
  return
}

// -----

func.func @batches(%a: tensor<2x4x8xf32>, %b: tensor<3x8x4xf32>) {
  // expected-error @+1 {{leading dimensions differ: 'tensor<2x4x8xf32>' and 'tensor<3x8x4xf32>'}}
  %0 = nn.matmul %a, %b : tensor<2x4x8xf32>, tensor<3x8x4xf32>
  return
}

// -----

func.func @inner(%a: tensor<4x8xf32>, %b: tensor<8x4xf32>) {
  // expected-error @+1 {{inner dimensions differ: 8 of 'tensor<4x8xf32>' and 4 of 'tensor<8x4xf32>'}}
  %0 = nn.matmul %a, %b {transpose_b} : tensor<4x8xf32>, tensor<8x4xf32>
  return
}

// -----

func.func @addend(%a: tensor<4x8xf32>, %b: tensor<8x3xf32>, %c: tensor<4xf32>) {
  // expected-error @+1 {{adds a vector of one number for each column, a tensor like its result, 'tensor<4x3xf32>', or both in this order, got 'tensor<4xf32>'}}
  %0 = nn.matmul %a, %b plus %c : tensor<4x8xf32>, tensor<8x3xf32>, tensor<4xf32>
  return
}

// -----

func.func @addends(%a: tensor<4x8xf32>, %b: tensor<8x3xf32>, %c: tensor<3xf32>, %d: tensor<4x3xf32>) {
  // expected-error @+1 {{or both in this order, got 'tensor<4x3xf32>', 'tensor<3xf32>'}}
  %0 = nn.matmul %a, %b plus %d, %c : tensor<4x8xf32>, tensor<8x3xf32>, tensor<4x3xf32>, tensor<3xf32>
  return
}

// -----

func.func @softmax(%x: tensor<f32>) {
  // expected-error @+1 {{a scalar has no last dimension}}
  %0 = nn.softmax %x : tensor<f32>
  return
}

// -----

func.func @softmax_grad(%a: tensor<4xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{dy and y differ: 'tensor<4xf32>' and 'tensor<8xf32>'}}
  %0 = nn.softmax_grad %a, %b : tensor<4xf32>, tensor<8xf32>
  return
}

// -----

func.func @rank(%q: tensor<8x16x4xf32>, %k: tensor<2x8x16x4xf32>, %v: tensor<2x8x16x4xf32>) {
  // expected-error @+1 {{q, k and v need four dimensions}}
  %0, %1 = nn.attention %q, %k, %v {scale = 1.0 : f64} : tensor<8x16x4xf32>, tensor<2x8x16x4xf32>, tensor<2x8x16x4xf32>
  return
}

// -----

func.func @batch(%q: tensor<2x8x16x4xf32>, %k: tensor<3x8x16x4xf32>, %v: tensor<2x8x16x4xf32>) {
  // expected-error @+1 {{q, k and v do not belong together: 'tensor<2x8x16x4xf32>', 'tensor<3x8x16x4xf32>', 'tensor<2x8x16x4xf32>'}}
  %0, %1 = nn.attention %q, %k, %v {scale = 1.0 : f64} : tensor<2x8x16x4xf32>, tensor<3x8x16x4xf32>, tensor<2x8x16x4xf32>
  return
}

// -----

func.func @keys(%q: tensor<2x8x16x4xf32>, %k: tensor<2x8x10x4xf32>, %v: tensor<2x8x11x4xf32>) {
  // expected-error @+1 {{q, k and v do not belong together}}
  %0, %1 = nn.attention %q, %k, %v {scale = 1.0 : f64} : tensor<2x8x16x4xf32>, tensor<2x8x10x4xf32>, tensor<2x8x11x4xf32>
  return
}

// -----

func.func @features(%q: tensor<2x8x16x4xf32>, %k: tensor<2x8x16x5xf32>, %v: tensor<2x8x16x5xf32>) {
  // expected-error @+1 {{q, k and v do not belong together}}
  %0, %1 = nn.attention %q, %k, %v {scale = 1.0 : f64} : tensor<2x8x16x4xf32>, tensor<2x8x16x5xf32>, tensor<2x8x16x5xf32>
  return
}

// -----

func.func @groups(%q: tensor<2x8x16x4xf32>, %k: tensor<2x3x16x4xf32>, %v: tensor<2x3x16x4xf32>) {
  // expected-error @+1 {{the 8 heads of q are no multiple of the 3 of k}}
  %0, %1 = nn.attention %q, %k, %v {scale = 1.0 : f64} : tensor<2x8x16x4xf32>, tensor<2x3x16x4xf32>, tensor<2x3x16x4xf32>
  return
}

// -----

func.func @mask(%q: tensor<2x8x16x4xf32>, %k: tensor<2x8x16x4xf32>, %v: tensor<2x8x16x4xf32>, %m: tensor<2x8x16x1xi1>) {
  // expected-error @+1 {{mask 'tensor<2x8x16x1xi1>' does not broadcast to 2x8x16x16}}
  %0, %1 = nn.attention %q, %k, %v mask %m {scale = 1.0 : f64} : tensor<2x8x16x4xf32>, tensor<2x8x16x4xf32>, tensor<2x8x16x4xf32>, tensor<2x8x16x1xi1>
  return
}

// -----

func.func @mask_rank(%q: tensor<2x8x16x4xf32>, %k: tensor<2x8x16x4xf32>, %v: tensor<2x8x16x4xf32>, %m: tensor<16x16xf32>) {
  // expected-error @+1 {{mask 'tensor<16x16xf32>' does not broadcast to 2x8x16x16}}
  %0, %1 = nn.attention %q, %k, %v mask %m {scale = 1.0 : f64} : tensor<2x8x16x4xf32>, tensor<2x8x16x4xf32>, tensor<2x8x16x4xf32>, tensor<16x16xf32>
  return
}

// -----

func.func @attention_grad(%q: tensor<2x8x16x4xf32>, %y: tensor<2x8x16x5xf32>, %l: tensor<2x8x16xf32>) {
  // expected-error @+1 {{dy and y differ: 'tensor<2x8x16x4xf32>' and 'tensor<2x8x16x5xf32>'}}
  %0, %1, %2 = nn.attention_grad %q, %q, %q, %q, %y, %l {scale = 1.0 : f64} : tensor<2x8x16x4xf32>, tensor<2x8x16x4xf32>, tensor<2x8x16x4xf32>, tensor<2x8x16x4xf32>, tensor<2x8x16x5xf32>, tensor<2x8x16xf32>
  return
}
