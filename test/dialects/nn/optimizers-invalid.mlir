// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

func.func @adamw(%w: tensor<5xf32>, %g: tensor<4xf32>, %h: tensor<16xf32>) {
  // expected-error @+2 {{gradient and state must be like the parameter, 'tensor<5xf32>', got 'tensor<4xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:3 = "nn.adamw"(%w, %g, %w, %w, %h) {beta1 = 0.9 : f64, beta2 = 0.9 : f64, epsilon = 1.0 : f64, operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 1, 0>} : (tensor<5xf32>, tensor<4xf32>, tensor<5xf32>, tensor<5xf32>, tensor<16xf32>) -> (tensor<5xf32>, tensor<5xf32>, tensor<5xf32>)
  return
}

// -----

func.func @sgd(%w: tensor<5xf32>, %g: tensor<4xf32>, %h: tensor<16xf32>) {
  // expected-error @+2 {{gradient and state must be like the parameter, 'tensor<5xf32>', got 'tensor<4xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = "nn.sgd"(%w, %g, %w, %h) {momentum = 0.9 : f64, operandSegmentSizes = array<i32: 1, 1, 1, 0, 1, 0>} : (tensor<5xf32>, tensor<4xf32>, tensor<5xf32>, tensor<16xf32>) -> (tensor<5xf32>, tensor<5xf32>)
  return
}

// -----

func.func @sgd_plain(%w: tensor<5xf32>, %g: tensor<4xf32>, %h: tensor<16xf32>) {
  // expected-error @+2 {{gradient and state must be like the parameter, 'tensor<5xf32>', got 'tensor<4xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = "nn.sgd_plain"(%w, %g, %h) {} : (tensor<5xf32>, tensor<4xf32>, tensor<16xf32>) -> (tensor<5xf32>)
  return
}

// -----

func.func @clip(%w: tensor<5xf32>, %h: tensor<16xf32>, %c: tensor<2xf32>) {
  // expected-error @+1 {{clip must be one number, got 'tensor<2xf32>'}}
  %0 = nn.sgd_plain %w, %w, %h clip %c : tensor<5xf32>, tensor<16xf32>, tensor<2xf32>
  return
}

// -----

func.func @max_norm(%s: tensor<f64>) {
  // expected-error @+1 {{max_norm must be positive, got 0.000000e+00}}
  %0, %1 = nn.clip_by_norm %s {max_norm = 0.0 : f64} : tensor<f64>
  return
}

// -----

func.func @squares(%s: tensor<f32>) {
  // expected-error @+1 {{expected sums of squares in f64, got 'tensor<f32>'}}
  %0, %1 = nn.clip_by_norm %s {max_norm = 1.0 : f64} : tensor<f32>
  return
}

// -----

func.func @accumulate(%s: tensor<5xf32>, %g: tensor<4xf32>, %h: tensor<16xf32>) {
  // expected-error @+2 {{the gradient must be like the sum, 'tensor<5xf32>', got 'tensor<4xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = "nn.accumulate"(%s, %g, %h) : (tensor<5xf32>, tensor<4xf32>, tensor<16xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @state(%w: tensor<5xf32>, %m: tensor<4xf32>, %h: tensor<16xf32>) {
  // expected-error @+2 {{gradient and state must be like the parameter, 'tensor<5xf32>', got 'tensor<4xf32>'; states of an f32 parameter may be of bf16 or ui8}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = "nn.sgd"(%w, %w, %m, %h) {momentum = 0.9 : f64, operandSegmentSizes = array<i32: 1, 1, 1, 0, 1, 0>} : (tensor<5xf32>, tensor<5xf32>, tensor<4xf32>, tensor<16xf32>) -> (tensor<5xf32>, tensor<4xf32>)
  return
}

// -----

func.func @wide_state(%w: tensor<5xf32>, %m: tensor<5xf64>, %h: tensor<16xf32>) {
  // expected-error @+1 {{gradient and state must be like the parameter, 'tensor<5xf32>', got 'tensor<5xf64>'}}
  %0:2 = nn.sgd %w, %w, %m, %h {momentum = 0.9 : f64} : tensor<5xf32> state f64, tensor<16xf32>
  return
}

// -----

func.func @narrow_state_of_wide(%w: tensor<5xf64>, %m: tensor<5xbf16>, %h: tensor<16xf32>) {
  // expected-error @+1 {{gradient and state must be like the parameter, 'tensor<5xf64>', got 'tensor<5xbf16>'}}
  %0:2 = nn.sgd %w, %w, %m, %h {momentum = 0.9 : f64} : tensor<5xf64> state bf16, tensor<16xf32>
  return
}

// -----

func.func @mixed_states(%w: tensor<5xf32>, %m: tensor<5xbf16>, %h: tensor<16xf32>) {
  // expected-error @+2 {{all states must be 'tensor<5xbf16>', got 'tensor<5xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:3 = "nn.adamw"(%w, %w, %m, %w, %h) {beta1 = 0.9 : f64, beta2 = 0.9 : f64, epsilon = 1.0 : f64, operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 1, 0>} : (tensor<5xf32>, tensor<5xf32>, tensor<5xbf16>, tensor<5xf32>, tensor<16xf32>) -> (tensor<5xf32>, tensor<5xbf16>, tensor<5xf32>)
  return
}

// -----

func.func @no_scales(%w: tensor<5xf32>, %m: tensor<5xui8>, %h: tensor<16xf32>) {
  // expected-error @+2 {{states of 'ui8' have 1 scales, got 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = "nn.sgd"(%w, %w, %m, %h) {momentum = 0.9 : f64, operandSegmentSizes = array<i32: 1, 1, 1, 0, 1, 0>} : (tensor<5xf32>, tensor<5xf32>, tensor<5xui8>, tensor<16xf32>) -> (tensor<5xf32>, tensor<5xui8>)
  return
}

// -----

func.func @scales_of_bf16(%w: tensor<5xf32>, %m: tensor<5xbf16>, %s: tensor<1xf32>, %h: tensor<16xf32>) {
  // expected-error @+2 {{states of 'bf16' have 0 scales, got 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:3 = "nn.sgd"(%w, %w, %m, %s, %h) {momentum = 0.9 : f64, operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0>} : (tensor<5xf32>, tensor<5xf32>, tensor<5xbf16>, tensor<1xf32>, tensor<16xf32>) -> (tensor<5xf32>, tensor<5xbf16>, tensor<1xf32>)
  return
}

// -----

func.func @few_scales(%w: tensor<257xf32>, %m: tensor<257xui8>, %s: tensor<1xf32>, %h: tensor<16xf32>) {
  // expected-error @+2 {{the scales of states of 'tensor<257xf32>' must be 'tensor<2xf32>', got 'tensor<1xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:3 = "nn.sgd"(%w, %w, %m, %s, %h) {momentum = 0.9 : f64, operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0>} : (tensor<257xf32>, tensor<257xf32>, tensor<257xui8>, tensor<1xf32>, tensor<16xf32>) -> (tensor<257xf32>, tensor<257xui8>, tensor<1xf32>)
  return
}

// -----

func.func @not_kept_in(%w: tensor<5xf32>, %m: tensor<5xf32>, %h: tensor<16xf32>) {
  // expected-error @+1 {{expected a tensor of static shape, then what states are kept in}}
  %0:2 = nn.sgd %w, %w, %m, %h {momentum = 0.9 : f64} : tensor<5xf32> state tensor<5xf32>, tensor<16xf32>
  return
}

// -----

func.func @rows_of_gradient(%w: tensor<9x4xf32>, %g: tensor<2x4xf32>, %r: tensor<3xi64>, %m: tensor<9x4xf32>, %s: tensor<10xf64>, %h: tensor<16xf32>) {
  // expected-error @+1 {{the gradient of 3 rows of 'tensor<9x4xf32>' must be 'tensor<3x4xf32>', got 'tensor<2x4xf32>'}}
  %0 = nn.sgd_plain_rows %w, %g at %r, %h : tensor<9x4xf32>, tensor<2x4xf32> at tensor<3xi64>, tensor<16xf32>
  return
}

// -----

func.func @rows_of_a_number(%w: tensor<f32>, %g: tensor<f32>, %r: tensor<3xi64>, %h: tensor<16xf32>) {
  // expected-error @+1 {{expected a table and a list of rows, got 'tensor<f32>' and 'tensor<3xi64>'}}
  %0 = nn.sgd_plain_rows %w, %g at %r, %h : tensor<f32>, tensor<f32> at tensor<3xi64>, tensor<16xf32>
  return
}

// -----

func.func @rows_with_codes(%w: tensor<9x4xf32>, %g: tensor<3x4xf32>, %r: tensor<3xi64>, %m: tensor<9x4xf64>, %s: tensor<10xf64>, %h: tensor<16xf32>) {
  // expected-error @+1 {{gradient and state must be like the parameter, 'tensor<9x4xf32>', got 'tensor<9x4xf64>'}}
  %0, %1 = nn.adagrad_rows %w, %g at %r, %m, %h {epsilon = 0.1 : f64} : tensor<9x4xf32>, tensor<3x4xf32> at tensor<3xi64>, tensor<9x4xf64>, tensor<16xf32>
  return
}

// -----

func.func @rows_decayed(%w: tensor<9x4xf32>, %g: tensor<3x4xf32>, %r: tensor<3xi64>, %m: tensor<9x4xf32>, %s: tensor<10xf64>, %h: tensor<16xf32>) {
  // expected-error @+1 {{cannot be 'decayed': its decay would be a gradient of every row}}
  %0, %1 = nn.adagrad_rows %w, %g at %r, %m, %h {epsilon = 0.1 : f64, decayed} : tensor<9x4xf32>, tensor<3x4xf32> at tensor<3xi64>, tensor<9x4xf32>, tensor<16xf32>
  return
}

// -----

func.func @rows_without_sums(%w: tensor<9x4xf32>, %g: tensor<3x4xf32>, %r: tensor<3xi64>, %m: tensor<9x4xf32>, %s: tensor<10xf64>, %h: tensor<16xf32>) {
  // expected-error @+1 {{that is 'decayed' needs sums of decay}}
  %0 = nn.sgd_plain_rows %w, %g at %r, %h {decayed} : tensor<9x4xf32>, tensor<3x4xf32> at tensor<3xi64>, tensor<16xf32>
  return
}

// -----

func.func @rows_with_sums(%w: tensor<9x4xf32>, %g: tensor<3x4xf32>, %r: tensor<3xi64>, %m: tensor<9x4xf32>, %s: tensor<10xf64>, %h: tensor<16xf32>) {
  // expected-error @+1 {{has sums of decay, but is not 'decayed'}}
  %0, %1 = nn.sgd_plain_rows %w, %g at %r, %h decays %s : tensor<9x4xf32>, tensor<3x4xf32> at tensor<3xi64>, tensor<16xf32> decays tensor<10xf64>
  return
}

// -----

func.func @rows_with_few_sums(%w: tensor<9x4xf32>, %g: tensor<3x4xf32>, %r: tensor<3xi64>, %m: tensor<9x4xf32>, %s: tensor<9xf64>, %h: tensor<16xf32>) {
  // expected-error @+1 {{the sums of decay of 'tensor<9x4xf32>' must be 'tensor<10xf64>', got 'tensor<9xf64>'}}
  %0, %1 = nn.sgd_plain_rows %w, %g at %r, %h decays %s {decayed} : tensor<9x4xf32>, tensor<3x4xf32> at tensor<3xi64>, tensor<16xf32> decays tensor<9xf64>
  return
}

// -----

func.func @rows_clipped(%w: tensor<9x4xf32>, %g: tensor<3x4xf32>, %r: tensor<3xi64>, %m: tensor<9x4xf32>, %s: tensor<10xf64>, %h: tensor<16xf32>, %c: tensor<2xf32>) {
  // expected-error @+1 {{clip must be one number, got 'tensor<2xf32>'}}
  %0 = nn.sgd_plain_rows %w, %g at %r, %h clip %c : tensor<9x4xf32>, tensor<3x4xf32> at tensor<3xi64>, tensor<16xf32> clip tensor<2xf32>
  return
}

// -----

func.func @kept_part(%a: tensor<4x6xf32>, %p: tensor<5xf32>, %h: tensor<16xf32>) {
  // expected-error @+1 {{the part must be like a slice of 'tensor<4x6xf32>', 'tensor<6xf32>', got 'tensor<5xf32>'}}
  %0 = nn.keep_micro_batch %a, %p, %h : tensor<4x6xf32>, tensor<5xf32>, tensor<16xf32>
  return
}

// -----

func.func @kept_number(%a: tensor<f32>, %h: tensor<16xf32>) {
  // expected-error @+1 {{expected a slice for each micro-batch, got 'tensor<f32>'}}
  %0 = nn.keep_micro_batch %a, %a, %h : tensor<f32>, tensor<f32>, tensor<16xf32>
  return
}
