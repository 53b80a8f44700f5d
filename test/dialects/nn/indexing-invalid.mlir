// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

func.func @rows(%x: tensor<4x8xf32>, %i: tensor<3x2xi64>) {
  // expected-error @+1 {{indices 'tensor<3x2xi64>' do not address dimension 1 of 'tensor<4x8xf32>'}}
  %0 = nn.gather_elements %x, %i {axis = 1 : i64} : tensor<4x8xf32>, tensor<3x2xi64>
  return
}

// -----

func.func @axis(%x: tensor<4x8xf32>, %i: tensor<4x2xi64>) {
  // expected-error @+1 {{indices 'tensor<4x2xi64>' do not address dimension 2 of 'tensor<4x8xf32>'}}
  %0 = nn.gather_elements %x, %i {axis = 2 : i64} : tensor<4x8xf32>, tensor<4x2xi64>
  return
}

// -----

func.func @updates(%x: tensor<4x8xf32>, %i: tensor<4x2xi64>, %u: tensor<4x3xf32>) {
  // expected-error @+1 {{updates should be 'tensor<4x2xf32>', got 'tensor<4x3xf32>'}}
  %0 = nn.scatter_elements replace %x, %i, %u {axis = 1 : i64}
      : tensor<4x8xf32>, tensor<4x2xi64>, tensor<4x3xf32>
  return
}
