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
