// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

// Operands.

func.func @broadcast(%a: tensor<4x8xf32>, %b: tensor<7xf32>) {
  // expected-error @+1 {{shapes do not broadcast: 'tensor<4x8xf32>' and 'tensor<7xf32>'}}
  %0 = nn.add %a, %b : tensor<4x8xf32>, tensor<7xf32>
  return
}

// -----

func.func @elements(%a: tensor<4xf32>, %b: tensor<4xi64>) {
  // expected-error @+1 {{element types differ: 'f32' and 'i64'}}
  %0 = nn.mul %a, %b : tensor<4xf32>, tensor<4xi64>
  return
}

// -----

func.func @compare(%a: tensor<4xf32>, %b: tensor<4xf64>) {
  // expected-error @+1 {{element types differ: 'f32' and 'f64'}}
  %0 = nn.compare lt %a, %b : tensor<4xf32>, tensor<4xf64>
  return
}

// -----

func.func @select_elements(%c: tensor<4xi1>, %a: tensor<4xf32>, %b: tensor<4xi64>) {
  // expected-error @+1 {{element types differ: 'f32' and 'i64'}}
  %0 = nn.select %c, %a, %b : tensor<4xi1>, tensor<4xf32>, tensor<4xi64>
  return
}

// -----

func.func @select_shapes(%c: tensor<3xi1>, %a: tensor<4xf32>) {
  // expected-error @+1 {{shapes do not broadcast: 'tensor<3xi1>' and 'tensor<4xf32>'}}
  %0 = nn.select %c, %a, %a : tensor<3xi1>, tensor<4xf32>, tensor<4xf32>
  return
}

// -----

func.func @integers(%x: tensor<4xi64>) {
  // expected-error @+1 {{operand #0 must be statically shaped tensor of 32-bit float or 64-bit float values, but got 'tensor<4xi64>'}}
  %0 = nn.exp %x : tensor<4xi64>
  return
}

// -----

func.func @dynamic(%x: tensor<?xf32>) {
  // expected-error @+1 {{operand 0 must be a tensor of static shape}}
  %0 = nn.exp %x : tensor<?xf32>
  return
}

// -----

func.func @not_logical(%x: tensor<4xf32>) {
  // expected-error @+1 {{operand #0 must be statically shaped tensor of 1-bit signless integer values}}
  %0 = nn.not %x : tensor<4xf32>
  return
}

// -----

// The written result type must be the inferred one.
func.func @result(%a: tensor<4x1xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{inferred type(s) 'tensor<4x8xf32>' are incompatible with return type(s) of operation 'tensor<4x1xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = "nn.add"(%a, %b) : (tensor<4x1xf32>, tensor<8xf32>) -> tensor<4x1xf32>
  return
}
