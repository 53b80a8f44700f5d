// RUN: plimsoll-opt %s --nn-form-launches --choose-kernels --plan-memory -split-input-file -verify-diagnostics

// expected-error @+1 {{@evaluate must have a body of one block, got 0 blocks}}
func.func private @evaluate(tensor<4xf32>) -> tensor<f32> attributes {nn.timeline = #nn.timeline<evaluate>}

// -----

func.func @train(%x: tensor<f32>) -> tensor<f32> attributes {nn.timeline = #nn.timeline<train>} {
  // expected-error @+1 {{'arith.constant' cannot stand in a model's function}}
  %n = arith.constant dense<1.0> : tensor<f32>
  return %n : tensor<f32>
}

// -----

// An update of a value that does not live across steps.
func.func @train(%w: tensor<4xf32>, %g: tensor<4xf32>, %hyper: tensor<16xf32>) -> tensor<4xf32> attributes {nn.timeline = #nn.timeline<train>} {
  // expected-error @+1 {{operand 0 is overwritten, and is no parameter or state as it was before the step}}
  %w1 = nn.sgd_plain %w, %g, %hyper : tensor<4xf32>, tensor<16xf32>
  return %w1 : tensor<4xf32>
}

// -----

nn.parameter @w : tensor<4xf32> {trainable}
// expected-error @+1 {{returns what an update wrote, which only nn.store may read}}
func.func @train(%g: tensor<4xf32>, %hyper: tensor<16xf32>) -> tensor<4xf32> attributes {nn.timeline = #nn.timeline<train>} {
  %w = nn.load @w : tensor<4xf32>
  // expected-note @+1 {{the update}}
  %w1 = nn.sgd_plain %w, %g, %hyper : tensor<4xf32>, tensor<16xf32>
  nn.store %w1, @w : tensor<4xf32>
  return %w1 : tensor<4xf32>
}

// -----

// An update whose gradient is what another update wrote.
nn.parameter @w : tensor<4xf32> {trainable}
nn.parameter @v : tensor<4xf32> {trainable}
func.func @train(%g: tensor<4xf32>, %hyper: tensor<16xf32>) -> tensor<4xf32> attributes {nn.timeline = #nn.timeline<train>} {
  %w = nn.load @w : tensor<4xf32>
  %v = nn.load @v : tensor<4xf32>
  // expected-note @+1 {{the update}}
  %w1 = nn.sgd_plain %w, %g, %hyper : tensor<4xf32>, tensor<16xf32>
  // expected-error @+1 {{reads what an update wrote, which only nn.store may read}}
  %v1 = nn.sgd_plain %v, %w1, %hyper : tensor<4xf32>, tensor<16xf32>
  nn.store %w1, @w : tensor<4xf32>
  nn.store %v1, @v : tensor<4xf32>
  return %g : tensor<4xf32>
}
