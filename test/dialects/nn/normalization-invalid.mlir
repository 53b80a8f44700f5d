// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

func.func @scale(%x: tensor<4x8xf32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{scale 'tensor<4xf32>' is not the shape of the last dimensions of 'tensor<4x8xf32>'}}
  %0, %1, %2 = nn.layer_norm %x, %s {epsilon = 1.0e-5 : f64} : tensor<4x8xf32>, tensor<4xf32>
  return
}

// -----

func.func @bias(%x: tensor<4x8xf32>, %s: tensor<8xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{bias 'tensor<4xf32>' is not like scale 'tensor<8xf32>'}}
  %0, %1, %2 = nn.layer_norm %x, %s, %b {epsilon = 1.0e-5 : f64} : tensor<4x8xf32>, tensor<8xf32>, tensor<4xf32>
  return
}

// -----

func.func @grad_input(%x: tensor<4x8xf32>, %dy: tensor<4x9xf32>, %s: tensor<8xf32>, %m: tensor<4xf32>) {
  // expected-error @+1 {{dy and x differ: 'tensor<4x9xf32>' and 'tensor<4x8xf32>'}}
  %0 = nn.layer_norm_grad_input %dy, %x, %s, %m, %m : tensor<4x9xf32>, tensor<4x8xf32>, tensor<8xf32>, tensor<4xf32>, tensor<4xf32>
  return
}

// -----

func.func @grad_params(%x: tensor<4x8xf32>, %dy: tensor<4x9xf32>, %m: tensor<4xf32>) {
  // expected-error @+1 {{dy and x differ: 'tensor<4x9xf32>' and 'tensor<4x8xf32>'}}
  %0, %1 = nn.layer_norm_grad_params %dy, %x, %m, %m : tensor<4x9xf32>, tensor<4x8xf32>, tensor<4xf32>, tensor<4xf32> to tensor<8xf32>, tensor<8xf32>
  return
}

// -----

func.func @grad_bias(%x: tensor<4x8xf32>, %dy: tensor<4x8xf32>, %m: tensor<4xf32>) {
  // expected-error @+1 {{dscale and dbias differ: 'tensor<8xf32>' and 'tensor<4xf32>'}}
  %0, %1 = nn.layer_norm_grad_params %dy, %x, %m, %m : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xf32>, tensor<4xf32> to tensor<8xf32>, tensor<4xf32>
  return
}

// -----

func.func @grad_scale(%x: tensor<4x8xf32>, %dy: tensor<4x8xf32>, %m: tensor<4xf32>) {
  // expected-error @+1 {{dscale 'tensor<4xf32>' is not the shape of the last dimensions of 'tensor<4x8xf32>'}}
  %0, %1 = nn.layer_norm_grad_params %dy, %x, %m, %m : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xf32>, tensor<4xf32> to tensor<4xf32>, tensor<4xf32>
  return
}

// -----

func.func @grad(%x: tensor<4x8xf32>, %dy: tensor<4x9xf32>, %s: tensor<8xf32>, %m: tensor<4xf32>) {
  // expected-error @+1 {{dy and x differ: 'tensor<4x9xf32>' and 'tensor<4x8xf32>'}}
  %0, %1, %2 = nn.layer_norm_grad %dy, %x, %s, %m, %m : tensor<4x9xf32>, tensor<4x8xf32>, tensor<8xf32>, tensor<4xf32>, tensor<4xf32>
  return
}

// -----

func.func @grad_addend(%x: tensor<4x8xf32>, %a: tensor<8xf32>, %m: tensor<4xf32>) {
  // expected-error @+1 {{addend 'tensor<8xf32>' is not like x 'tensor<4x8xf32>'}}
  %0, %1, %2 = nn.layer_norm_grad %x, %x, %a, %m, %m plus %a : tensor<4x8xf32>, tensor<4x8xf32>, tensor<8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<8xf32>
  return
}

// -----

func.func @relu_addend(%x: tensor<8x4x3xf32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{addend 'tensor<4xf32>' is not like x 'tensor<8x4x3xf32>'}}
  %0, %1, %2 = nn.batch_norm_relu %x, %s, %s plus %s {epsilon = 1.0e-5 : f64} : tensor<8x4x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  return
}

// -----

func.func @relu_grad(%x: tensor<8x4x3xf32>, %y: tensor<8x4xf32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{dy and y must be like x 'tensor<8x4x3xf32>', got 'tensor<8x4xf32>'}}
  %0, %1, %2 = nn.batch_norm_relu_grad %x, %y, %x, %s, %s, %s {epsilon = 1.0e-5 : f64} : tensor<8x4x3xf32>, tensor<8x4xf32>, tensor<8x4x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  return
}

// -----

func.func @no_channels(%x: tensor<8xf32>, %s: tensor<8xf32>) {
  // expected-error @+1 {{needs [batch, channels, ...], got 'tensor<8xf32>'}}
  %0, %1, %2 = nn.batch_norm %x, %s, %s {epsilon = 1.0e-5 : f64} : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
  return
}

// -----

func.func @channels(%x: tensor<8x4x3xf32>, %s: tensor<4xf32>, %v: tensor<3xf32>) {
  // expected-error @+1 {{scale, bias and statistics of 'tensor<8x4x3xf32>' must be 'tensor<4xf32>', got 'tensor<3xf32>'}}
  %0 = nn.batch_norm_inference %x, %s, %s, %s, %v {epsilon = 1.0e-5 : f64, momentum = 0.1 : f64} : tensor<8x4x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3xf32>
  return
}

// -----

func.func @batch_norm_gradient(%x: tensor<8x4x3xf32>, %dy: tensor<8x4x2xf32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{dy and x differ: 'tensor<8x4x2xf32>' and 'tensor<8x4x3xf32>'}}
  %0, %1, %2 = nn.batch_norm_grad %dy, %x, %s, %s, %s {epsilon = 1.0e-5 : f64} : tensor<8x4x2xf32>, tensor<8x4x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  return
}

// -----

func.func @count(%s: tensor<4xf32>) {
  // expected-error @+1 {{the variance of fewer than two elements is not defined, got a count of 1}}
  %0, %1 = nn.batch_norm_update %s, %s, %s, %s {count = 1 : i64, momentum = 0.1 : f64} : tensor<4xf32>
  return
}
