// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

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

func.func @weights(%x: tensor<4x10xf32>, %l: tensor<4xi64>, %w: tensor<9xf32>) {
  // expected-error @+1 {{weights 'tensor<9xf32>' are not one for each class of 'tensor<4x10xf32>'}}
  %0, %1 = nn.cross_entropy %x, %l weights %w : tensor<4x10xf32>, tensor<4xi64>, tensor<9xf32>
  return
}

// -----

func.func @smoothing(%x: tensor<4x10xf32>, %l: tensor<4xi64>) {
  // expected-error @+1 {{label_smoothing must be in [0, 1], got 1.500000e+00}}
  %0, %1 = nn.cross_entropy %x, %l {label_smoothing = 1.5 : f64} : tensor<4x10xf32>, tensor<4xi64>
  return
}

// -----

func.func @rank(%x: tensor<10xf32>) {
  // expected-error @+1 {{needs two dimensions or more, classes last, got 'tensor<10xf32>'}}
  %0 = nn.kl_divergence %x, %x {temperature = 1.0 : f64} : tensor<10xf32>
  return
}

// -----

func.func @temperature(%x: tensor<4x10xf32>) {
  // expected-error @+1 {{temperature must be positive, got 0.000000e+00}}
  %0 = nn.kl_divergence %x, %x {temperature = 0.0 : f64} : tensor<4x10xf32>
  return
}

// -----

func.func @batch(%x: tensor<4x10xf32>) {
  // expected-error @+1 {{batch must be positive, got 0}}
  %0 = nn.kl_divergence %x, %x {batch = 0 : i64, temperature = 1.0 : f64} : tensor<4x10xf32>
  return
}

// -----

func.func @delta(%x: tensor<4xf32>) {
  // expected-error @+1 {{'nn.pointwise_loss' op delta belongs to huber, and huber needs one}}
  %0 = nn.pointwise_loss l1 %x, %x {delta = 1.0 : f64} : tensor<4xf32>
  return
}

// -----

func.func @no_delta(%x: tensor<4xf32>, %d: tensor<f32>) {
  // expected-error @+1 {{'nn.pointwise_loss_grad' op delta belongs to huber, and huber needs one}}
  %0 = nn.pointwise_loss_grad huber %x, %x, %d : tensor<4xf32>, tensor<f32>
  return
}

// -----

func.func @negative_delta(%x: tensor<4xf32>) {
  // expected-error @+1 {{'nn.pointwise_loss' op delta must be positive, got -1.000000e+00}}
  %0 = nn.pointwise_loss huber %x, %x {delta = -1.0 : f64} : tensor<4xf32>
  return
}

// -----

func.func @target(%x: tensor<4x10xf32>, %t: tensor<4x9xf32>) {
  // expected-error @+2 {{the target must be like the operand, 'tensor<4x10xf32>', got 'tensor<4x9xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = "nn.pointwise_loss"(%x, %t) {kind = 1 : i32} : (tensor<4x10xf32>, tensor<4x9xf32>) -> tensor<f32>
  return
}

// -----

func.func @distribution(%x: tensor<4x10xf32>, %t: tensor<4x9xf32>) {
  // expected-error @+2 {{the target must be like the logits, 'tensor<4x10xf32>', got 'tensor<4x9xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = "nn.kl_divergence"(%x, %t) {temperature = 1.0 : f64} : (tensor<4x10xf32>, tensor<4x9xf32>) -> tensor<f32>
  return
}

// -----

func.func @rows(%x: tensor<4x10xf32>, %l: tensor<6xi64>) {
  // expected-error @+1 {{rows 3 and following of 'tensor<6xi64>' are not labels of 'tensor<4x10xf32>'}}
  %0, %1 = nn.cross_entropy %x, %l {first_row = 3 : i64} : tensor<4x10xf32>, tensor<6xi64>
  return
}

// -----

func.func @rows_of_an_image(%x: tensor<2x4x10xf32>, %l: tensor<8xi64>) {
  // expected-error @+1 {{rows 0 and following of 'tensor<8xi64>' are not labels of 'tensor<2x4x10xf32>'}}
  %0, %1 = nn.cross_entropy %x, %l {first_row = 0 : i64} : tensor<2x4x10xf32>, tensor<8xi64>
  return
}
