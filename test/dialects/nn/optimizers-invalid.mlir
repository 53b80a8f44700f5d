// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

func.func @adamw(%w: tensor<5xf32>, %g: tensor<4xf32>, %h: tensor<16xf32>) {
  // expected-error @+2 {{gradient and state must be like the parameter, 'tensor<5xf32>', got 'tensor<4xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:3 = "nn.adamw"(%w, %g, %w, %w, %h) {beta1 = 0.9 : f64, beta2 = 0.9 : f64, epsilon = 1.0 : f64} : (tensor<5xf32>, tensor<4xf32>, tensor<5xf32>, tensor<5xf32>, tensor<16xf32>) -> (tensor<5xf32>, tensor<5xf32>, tensor<5xf32>)
  return
}

// -----

func.func @sgd(%w: tensor<5xf32>, %g: tensor<4xf32>, %h: tensor<16xf32>) {
  // expected-error @+2 {{gradient and state must be like the parameter, 'tensor<5xf32>', got 'tensor<4xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = "nn.sgd"(%w, %g, %w, %h) {momentum = 0.9 : f64} : (tensor<5xf32>, tensor<4xf32>, tensor<5xf32>, tensor<16xf32>) -> (tensor<5xf32>, tensor<5xf32>)
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
