// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

func.func @conv_rank(%a: tensor<2x8x8xf32>, %b: tensor<6x2x3x3xf32>) {
  // expected-error @+1 {{with one to three sizes, all of the same number}}
  %0 = nn.conv %a, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x8x8xf32>, tensor<6x2x3x3xf32> to tensor<4x6x6x6xf32>
  return
}

// -----

func.func @window(%a: tensor<4x2x8x8xf32>, %b: tensor<6x2x3x3xf32>) {
  // expected-error @+1 {{needs 2 strides, 4 pads and 2 dilations, one or two for each spatial dimension}}
  %0 = nn.conv %a, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<4x2x8x8xf32>, tensor<6x2x3x3xf32> to tensor<4x6x6x6xf32>
  return
}

// -----

func.func @stride(%a: tensor<4x2x8x8xf32>, %b: tensor<6x2x3x3xf32>) {
  // expected-error @+1 {{needs positive strides and dilations, and no negative pad}}
  %0 = nn.conv %a, %b {strides = array<i64: 0, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<4x2x8x8xf32>, tensor<6x2x3x3xf32> to tensor<4x6x6x6xf32>
  return
}

// -----

func.func @pad(%a: tensor<4x2x8x8xf32>, %b: tensor<6x2x3x3xf32>) {
  // expected-error @+1 {{needs positive strides and dilations, and no negative pad}}
  %0 = nn.conv %a, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, -1, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<4x2x8x8xf32>, tensor<6x2x3x3xf32> to tensor<4x6x6x6xf32>
  return
}

// -----

func.func @groups_of_channels(%a: tensor<4x2x8x8xf32>, %b: tensor<6x2x3x3xf32>) {
  // expected-error @+1 {{channels do not fit 2 groups: 'tensor<4x2x8x8xf32>' and 'tensor<6x2x3x3xf32>'}}
  %0 = nn.conv %a, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2 : i64} : tensor<4x2x8x8xf32>, tensor<6x2x3x3xf32> to tensor<4x6x6x6xf32>
  return
}

// -----

func.func @result(%a: tensor<4x2x8x8xf32>, %b: tensor<6x2x3x3xf32>) {
  // expected-error @+1 {{the convolution of 'tensor<4x2x8x8xf32>' with 'tensor<6x2x3x3xf32>' is 'tensor<4x6x6x6xf32>', not 'tensor<4x6x8x8xf32>'}}
  %0 = nn.conv %a, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<4x2x8x8xf32>, tensor<6x2x3x3xf32> to tensor<4x6x8x8xf32>
  return
}

// -----

func.func @grad_input(%a: tensor<4x6x6x6xf32>, %b: tensor<6x2x3x3xf32>) {
  // expected-error @+1 {{the convolution of 'tensor<4x2x9x8xf32>' with 'tensor<6x2x3x3xf32>' is 'tensor<4x6x7x6xf32>', not 'tensor<4x6x6x6xf32>'}}
  %0 = nn.conv_grad_input %a, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<4x6x6x6xf32>, tensor<6x2x3x3xf32> to tensor<4x2x9x8xf32>
  return
}

// -----

func.func @grad_weight(%a: tensor<4x6x6x6xf32>, %b: tensor<4x2x8x8xf32>) {
  // expected-error @+1 {{channels do not fit 1 groups: 'tensor<4x2x8x8xf32>' and 'tensor<6x1x3x3xf32>'}}
  %0 = nn.conv_grad_weight %a, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<4x6x6x6xf32>, tensor<4x2x8x8xf32> to tensor<6x1x3x3xf32>
  return
}

// -----

func.func @transposed(%a: tensor<4x6x3x3xf32>, %b: tensor<6x5x2x2xf32>) {
  // expected-error @+1 {{the convolution of 'tensor<4x5x7x7xf32>' with 'tensor<6x5x2x2xf32>' is 'tensor<4x6x6x6xf32>', not 'tensor<4x6x3x3xf32>'}}
  %0 = nn.conv_transpose %a, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<4x6x3x3xf32>, tensor<6x5x2x2xf32> to tensor<4x5x7x7xf32>
  return
}

// -----

func.func @pool_rank(%a: tensor<4x6xf32>) {
  // expected-error @+1 {{needs tensors [batch, channels, sizes...] with one to three sizes, got 'tensor<4x6xf32>' and 'tensor<4x6xf32>'}}
  %0 = nn.max_pool %a {kernel = array<i64>, strides = array<i64>, pads = array<i64>, dilations = array<i64>} : tensor<4x6xf32> to tensor<4x6xf32>
  return
}

// -----

func.func @pool_kernel(%a: tensor<4x6x8x8xf32>) {
  // expected-error @+1 {{needs a positive kernel size for each spatial dimension of 'tensor<4x6x8x8xf32>'}}
  %0 = nn.avg_pool %a {kernel = array<i64: 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<4x6x8x8xf32> to tensor<4x6x7x7xf32>
  return
}

// -----

func.func @pool_result(%a: tensor<4x6x8x8xf32>) {
  // expected-error @+1 {{the windows over 'tensor<4x6x8x8xf32>' do not give 'tensor<4x6x5x5xf32>'}}
  %0 = nn.max_pool %a {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<4x6x8x8xf32> to tensor<4x6x5x5xf32>
  return
}

// -----

func.func @pool_gradient(%a: tensor<4x6x4x4xf32>, %x: tensor<4x6x8x8xf32>) {
  // expected-error @+1 {{x and dx differ: 'tensor<4x6x8x8xf32>' and 'tensor<4x6x9x9xf32>'}}
  %0 = nn.max_pool_grad %a, %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<4x6x4x4xf32>, tensor<4x6x8x8xf32> to tensor<4x6x9x9xf32>
  return
}
