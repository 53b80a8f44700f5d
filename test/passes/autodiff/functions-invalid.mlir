// RUN: plimsoll-opt %s --nn-build-step -split-input-file -verify-diagnostics

// Functions that are no model's: each pass that reads one reports the op that shows it.

// expected-error @+1 {{@forward must have a body of one block, got 0 blocks}}
func.func private @forward(tensor<4xf32>) -> tensor<f32>

// -----

// expected-error @+1 {{@forward must have a body of one block, got 2 blocks}}
func.func @forward(%x: tensor<f32>) -> tensor<f32> {
  "func.return"(%x) : (tensor<f32>) -> ()
^bb1:
  return %x : tensor<f32>
}

// -----

// expected-error @+1 {{argument 1 is no tensor of a model: 'f32'}}
func.func @forward(%x: tensor<f32>, %n: f32) -> tensor<f32> {
  return %x : tensor<f32>
}

// -----

// expected-error @+1 {{argument 0 is no tensor of a model: 'tensor<4xf16>'}}
func.func @forward(%n: tensor<4xf16>, %x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}

// -----

func.func @forward(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @+1 {{'arith.constant' cannot stand in a model's function}}
  %n = arith.constant 1.0 : f32
  return %x : tensor<f32>
}

// -----

// Running statistics with different types.
nn.parameter @w : tensor<4xf32> {trainable}
nn.parameter @m : tensor<4xf32>
nn.parameter @v : tensor<1x4xf32>
func.func @forward(%x: tensor<2x4xf32>) -> tensor<f32> {
  %w = nn.load @w : tensor<4xf32>
  %m = nn.load @m : tensor<4xf32>
  %stored = nn.load @v : tensor<1x4xf32>
  %v = nn.reshape %stored : tensor<1x4xf32> to tensor<4xf32>
  // expected-error @+1 {{has running statistics of types 'tensor<4xf32>' and 'tensor<1x4xf32>', of which a step cannot make the next ones}}
  %y = nn.batch_norm_inference %x, %w, %w, %m, %v {epsilon = 1.0e-05 : f64, momentum = 0.1 : f64} : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  %loss = nn.reduce_sum %y {axes = array<i64: 0, 1>} : tensor<2x4xf32>
  return %loss : tensor<f32>
}

// -----

// Gradients of products whose factors are rounded already.
nn.parameter @w : tensor<4x4xf32> {trainable}
func.func @forward(%x: tensor<4x4xbf16>) -> tensor<f32> {
  %w = nn.load @w : tensor<4x4xf32>
  %rounded = nn.cast %w {to = bf16} : tensor<4x4xf32>
  // expected-error @+2 {{has rounded factors: precision is assigned behind nn-build-step}}
  // expected-error @+1 {{cannot be differentiated}}
  %y = nn.matmul %x, %rounded : tensor<4x4xbf16>, tensor<4x4xbf16>
  %loss = nn.reduce_sum %y {axes = array<i64: 0, 1>} : tensor<4x4xf32>
  return %loss : tensor<f32>
}
