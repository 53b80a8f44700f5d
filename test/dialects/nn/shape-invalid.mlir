// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

func.func @reshape(%x: tensor<4x6xf32>) {
  // expected-error @+1 {{cannot turn 24 elements into 25}}
  %0 = nn.reshape %x : tensor<4x6xf32> to tensor<5x5xf32>
  return
}

// -----

func.func @reshape_elements(%x: tensor<4xf32>) {
  // expected-error @+1 {{element types differ: 'tensor<4xf32>' and 'tensor<4xi64>'}}
  %0 = nn.reshape %x : tensor<4xf32> to tensor<4xi64>
  return
}

// -----

func.func @transpose(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{permutation [0, 0] does not name each of the 2 dimensions once}}
  %0 = nn.transpose %x {permutation = array<i64: 0, 0>} : tensor<2x3xf32>
  return
}

// -----

func.func @transpose_rank(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{permutation [0] does not name each of the 2 dimensions once}}
  %0 = nn.transpose %x {permutation = array<i64: 0>} : tensor<2x3xf32>
  return
}

// -----

func.func @transpose_nothing(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'nn.transpose' op requires attribute 'permutation'}}
  %0 = nn.transpose %x : tensor<2x3xf32>
  return
}

// -----

func.func @broadcast(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{cannot repeat 'tensor<2x3xf32>' to 'tensor<4x3xf32>'}}
  %0 = nn.broadcast %x : tensor<2x3xf32> to tensor<4x3xf32>
  return
}

// -----

func.func @broadcast_rank(%x: tensor<1x3xf32>) {
  // expected-error @+1 {{cannot repeat 'tensor<1x3xf32>' to 'tensor<3xf32>'}}
  %0 = nn.broadcast %x : tensor<1x3xf32> to tensor<3xf32>
  return
}

// -----

func.func @concat_axis(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{axis 2 is not a dimension of 'tensor<2x3xf32>'}}
  %0 = nn.concat %x, %x {axis = 2 : i64} : tensor<2x3xf32>, tensor<2x3xf32>
  return
}

// -----

func.func @concat_shapes(%x: tensor<2x3xf32>, %y: tensor<3x3xf32>) {
  // expected-error @+1 {{operands must agree in all but dimension 1: 'tensor<2x3xf32>' and 'tensor<3x3xf32>'}}
  %0 = nn.concat %x, %y {axis = 1 : i64} : tensor<2x3xf32>, tensor<3x3xf32>
  return
}

// -----

func.func @concat_nothing() {
  // expected-error @+2 {{nothing to concatenate}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = "nn.concat"() {axis = 0 : i64} : () -> tensor<0xf32>
  return
}

// -----

func.func @split_axis(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{axis -1 is not a dimension of 'tensor<2x3xf32>'}}
  %0 = nn.split %x {axis = -1 : i64, sizes = array<i64: 3>} : tensor<2x3xf32>
  return
}

// -----

func.func @split_sizes(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{sizes sum to 2, dimension 1 has 3}}
  %0, %1 = nn.split %x {axis = 1 : i64, sizes = array<i64: 1, 1>} : tensor<2x3xf32>
  return
}

// -----

func.func @split_negative(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{sizes must not be negative}}
  %0, %1 = nn.split %x {axis = 1 : i64, sizes = array<i64: 4, -1>} : tensor<2x3xf32>
  return
}

// -----

func.func @reduce(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{axes [1, 0] are not ascending dimensions of 'tensor<2x3xf32>'}}
  %0 = nn.reduce_sum %x {axes = array<i64: 1, 0>} : tensor<2x3xf32>
  return
}

// -----

func.func @reduce_axis(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{axes [2] are not ascending dimensions of 'tensor<2x3xf32>'}}
  %0 = nn.reduce_sum %x {axes = array<i64: 2>} : tensor<2x3xf32>
  return
}

// -----

func.func @gather(%t: tensor<5x3xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{axis 2 is not a dimension of 'tensor<5x3xf32>'}}
  %0 = nn.gather %t, %i {axis = 2 : i64} : tensor<5x3xf32>, tensor<2xi64>
  return
}

// -----

func.func @gather_indices(%t: tensor<5x3xf32>, %i: tensor<2xf32>) {
  // expected-error @+1 {{operand #1 must be statically shaped tensor of 64-bit signless integer or 32-bit signless integer values}}
  %0 = nn.gather %t, %i {axis = 0 : i64} : tensor<5x3xf32>, tensor<2xf32>
  return
}

// -----

func.func @gather_grad(%d: tensor<2x4xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{dy should be 'tensor<2x3xf32>', got 'tensor<2x4xf32>'}}
  %0 = nn.gather_grad %d, %i {axis = 0 : i64} : tensor<2x4xf32>, tensor<2xi64> to tensor<5x3xf32>
  return
}

// -----

func.func @gather_grad_axis(%d: tensor<2x4xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{axis 3 is not a dimension of 'tensor<5x3xf32>'}}
  %0 = nn.gather_grad %d, %i {axis = 3 : i64} : tensor<2x4xf32>, tensor<2xi64> to tensor<5x3xf32>
  return
}

// -----

func.func @gather_grad_rows(%d: tensor<2x3xf32>, %i: tensor<4xi64>) {
  // expected-error @+1 {{expected a list of indices and a slice of dy for each, got 'tensor<4xi64>' and 'tensor<2x3xf32>'}}
  %0, %1 = nn.gather_grad_rows %d, %i {table_rows = 5 : i64} : tensor<2x3xf32>, tensor<4xi64>
  return
}

// -----

func.func @gather_grad_rows_of_too_many(%d: tensor<2x3xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{table_rows must be from 0 to 2147483646, got 2147483647}}
  %0, %1 = nn.gather_grad_rows %d, %i {table_rows = 2147483647 : i64} : tensor<2x3xf32>, tensor<2xi64>
  return
}
