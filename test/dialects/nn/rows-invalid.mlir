// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

func.func @scalar(%x: tensor<f32>) {
  // expected-error @+1 {{a scalar has no last dimension}}
  %0 = nn.reduce max %x : tensor<f32>
  return
}

// -----

func.func @running(%x: tensor<f32>) {
  // expected-error @+1 {{a scalar has no last dimension}}
  %0 = nn.cum_sum %x : tensor<f32>
  return
}

// -----

func.func @product(%dy: tensor<3xf32>, %x: tensor<4x8xf32>) {
  // expected-error @+1 {{dy 'tensor<3xf32>' is not a product of 'tensor<4x8xf32>'}}
  %0 = nn.reduce_prod_grad %dy, %x : tensor<3xf32>, tensor<4x8xf32>
  return
}

// -----

func.func @kind(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{the kind must be max or min}}
  %0 = nn.arg_reduce prod %x : tensor<4x8xf32>
  return
}

// -----

func.func @empty(%x: tensor<4x0xf32>) {
  // expected-error @+1 {{no position in an empty dimension: 'tensor<4x0xf32>'}}
  %0 = nn.arg_reduce max %x : tensor<4x0xf32>
  return
}

// -----

func.func @too_many(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{cannot take 9 of the 8 elements of the last dimension}}
  %0, %1 = nn.top_k %x {k = 9 : i64} : tensor<4x8xf32>
  return
}

// -----

func.func @rotary(%x: tensor<4x16x8x63xf32>, %t: tensor<1x16x1x63xf32>) {
  // expected-error @+1 {{expected four dimensions, the last of even size, got 'tensor<4x16x8x63xf32>'}}
  %0 = nn.rotary %x, %t, %t : tensor<4x16x8x63xf32>, tensor<1x16x1x63xf32>
  return
}

// -----

func.func @table(%x: tensor<4x16x8x64xf32>, %t: tensor<2x16x1x64xf32>) {
  // expected-error @+1 {{a table 'tensor<2x16x1x64xf32>' cannot be broadcast to 'tensor<4x16x8x64xf32>'}}
  %0 = nn.rotary %x, %t, %t : tensor<4x16x8x64xf32>, tensor<2x16x1x64xf32>
  return
}
