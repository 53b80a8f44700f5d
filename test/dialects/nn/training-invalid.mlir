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

// expected-error @+1 {{lr_scale must be a number of at least 0, got -1.000000e+00}}
nn.parameter @w : tensor<4xf32> {trainable, lr_scale = -1.0 : f64}

// -----

nn.parameter @w : tensor<300xf32>
// expected-error @+1 {{of ui8 is codes and needs 'scales'}}
nn.state @w.m : tensor<300xui8> {of = @w, slot = "m"}

// -----

nn.parameter @w : tensor<300xf32>
// expected-error @+1 {{has 'scales', which only codes, of ui8, have}}
nn.state @w.m : tensor<300xbf16> {of = @w, slot = "m", scales = @w.m_scales}
nn.state @w.m_scales : tensor<2xf32> {of = @w, slot = "m_scales"}

// -----

nn.parameter @w : tensor<300xf32>
// expected-error @+1 {{there is no state @w.m_scales of @w}}
nn.state @w.m : tensor<300xui8> {of = @w, slot = "m", scales = @w.m_scales}

// -----

nn.parameter @w : tensor<300xf32>
// expected-error @+1 {{the type of its scales is 'tensor<3xf32>', not 'tensor<2xf32>'}}
nn.state @w.m : tensor<300xui8> {of = @w, slot = "m", scales = @w.m_scales}
nn.state @w.m_scales : tensor<3xf32> {of = @w, slot = "m_scales"}
