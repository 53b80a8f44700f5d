// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{type must be a tensor of static shape, got 'tensor<?x4xf32>'}}
nn.parameter @w : tensor<?x4xf32>

// -----

// expected-error @+1 {{type must be a tensor of static shape, got 'f32'}}
nn.parameter @w : f32

// -----

// expected-error @+1 {{only matrices can be transposed, got 'tensor<2x3x4xf32>'}}
nn.parameter @w : tensor<2x3x4xf32> {transposed}

// -----

// expected-error @+1 {{only floating-point tensors can be trained, got 'tensor<4xi64>'}}
nn.parameter @w : tensor<4xi64> {trainable}

// -----

// expected-error @+1 {{source has 15 bytes, the tensor needs 16}}
nn.parameter @w : tensor<4xf32> {source = #nn.bytes<file = "m.onnx", offset = 0, size = 15>}

// -----

// expected-error @+1 {{there is no parameter @w}}
nn.state @w.exp_avg : tensor<4xf32> {of = @w, slot = "exp_avg"}

// -----

func.func @load() {
  // expected-error @+1 {{there is no parameter or state @w}}
  %0 = nn.load @w : tensor<4xf32>
  return
}

// -----

nn.parameter @w : tensor<4xf32>
func.func @load_type() {
  // expected-error @+1 {{the type of @w is 'tensor<4xf32>', not 'tensor<5xf32>'}}
  %0 = nn.load @w : tensor<5xf32>
  return
}

// -----

nn.parameter @w : tensor<4xf32>
func.func @store_type(%x: tensor<5xf32>) {
  // expected-error @+1 {{the type of @w is 'tensor<4xf32>', not 'tensor<5xf32>'}}
  nn.store %x, @w : tensor<5xf32>
  return
}

// -----

func.func @store_function(%x: tensor<5xf32>) {
  // expected-error @+1 {{there is no parameter or state @store_function}}
  nn.store %x, @store_function : tensor<5xf32>
  return
}

// -----

func.func @labels(%x: tensor<4x10xf32>, %l: tensor<5xi64>) {
  // expected-error @+1 {{labels 'tensor<5xi64>' are not one class for each row of 'tensor<4x10xf32>'}}
  %0, %1 = nn.cross_entropy %x, %l : tensor<4x10xf32>, tensor<5xi64>
  return
}

// -----

func.func @labels_with_grad(%x: tensor<4x10xf32>, %l: tensor<5xi64>) {
  // expected-error @+1 {{labels 'tensor<5xi64>' are not one class for each row of 'tensor<4x10xf32>'}}
  %0, %1, %2 = nn.cross_entropy_with_grad %x, %l : tensor<4x10xf32>, tensor<5xi64>
  return
}

// -----

func.func @labels_grad(%x: tensor<4x10xf32>, %l: tensor<4x10xi64>, %d: tensor<f32>) {
  // expected-error @+1 {{labels 'tensor<4x10xi64>' are not one class for each row of 'tensor<4x10xf32>'}}
  %0 = nn.cross_entropy_grad %x, %l, %d : tensor<4x10xf32>, tensor<4x10xi64>, tensor<f32>
  return
}

// -----

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
