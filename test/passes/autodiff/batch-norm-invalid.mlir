// RUN: plimsoll-opt %s --nn-build-step -split-input-file -verify-diagnostics

nn.parameter @w : tensor<4xf32> {trainable}
nn.parameter @running : tensor<4xf32>

func.func @forward(%x: tensor<1x4xf32>) -> tensor<f32> {
  %w = nn.load @w : tensor<4xf32>
  %m = nn.load @running : tensor<4xf32>
  // expected-error @+1 {{sees 1 element of each channel, and a variance needs two; make the batch larger}}
  %y = nn.batch_norm_inference %x, %w, %w, %m, %m {epsilon = 1.0e-05 : f64, momentum = 0.1 : f64} : tensor<1x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  %loss = nn.reduce_sum %y {axes = array<i64: 0, 1>} : tensor<1x4xf32>
  return %loss : tensor<f32>
}

// -----

nn.parameter @w : tensor<4xf32> {trainable}
nn.parameter @m : tensor<4xf32>
nn.parameter @v : tensor<4xf32>

// expected-remark @+1 {{1 batch normalisation exported in inference form}}
func.func @forward(%x: tensor<2x4xf32>) -> tensor<f32> {
  %w = nn.load @w : tensor<4xf32>
  %m = nn.load @m : tensor<4xf32>
  %v = nn.load @v : tensor<4xf32>
  // expected-note @+1 {{the other}}
  %y = nn.batch_norm_inference %x, %w, %w, %m, %v {epsilon = 1.0e-05 : f64, momentum = 0.1 : f64} : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  // expected-error @+1 {{shares the running statistics @m with another, and a step can update them once}}
  %z = nn.batch_norm_inference %y, %w, %w, %m, %v {epsilon = 1.0e-05 : f64, momentum = 0.1 : f64} : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  %loss = nn.reduce_sum %z {axes = array<i64: 0, 1>} : tensor<2x4xf32>
  return %loss : tensor<f32>
}
