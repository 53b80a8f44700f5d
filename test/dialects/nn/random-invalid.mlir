// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

func.func @everything(%x: tensor<4xf32>) {
  // expected-error @+1 {{needs 0 <= p < 1, got 1.000000e+00 : f64}}
  %0 = nn.dropout %x {p = 1.0 : f64, stream = 0 : i32} : tensor<4xf32>
  return
}

// -----

func.func @stream(%x: tensor<4xf32>) {
  // expected-error @+1 {{needs a stream that is not negative}}
  %0 = nn.dropout %x {p = 0.5 : f64, stream = -1 : i32} : tensor<4xf32>
  return
}

// -----

func.func @hyper(%short: tensor<4xf32>) {
  // expected-error @+1 {{needs the step's 16 f32 scalars as hyper, got 'tensor<4xf32>'}}
  %0 = nn.random uniform %short {stream = 0 : i32} : (tensor<4xf32>) -> tensor<4xf32>
  return
}
