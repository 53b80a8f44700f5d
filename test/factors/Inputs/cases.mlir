// Forms of ops that the examples in their descriptions leave out, at sizes that no kernel blocks
// evenly. test/factors/run.py runs each in parts.

func.func @contraction(%a: tensor<37x19xf32>, %b: tensor<19x53xf32>, %at: tensor<3x19x37xf32>,
                       %bb: tensor<3x19x5xf32>, %bt: tensor<3x53x19xf32>, %d: tensor<7x19xf64>,
                       %e: tensor<19x5xf64>, %wide: tensor<5x700xf32>, %tall: tensor<700x3xf32>,
                       %one: tensor<1x19xf32>, %bias: tensor<53xf32>, %like: tensor<37x53xf32>,
                       %likes: tensor<3x37x53xf32>) {
  %0 = nn.matmul %a, %b : tensor<37x19xf32>, tensor<19x53xf32>
  %1 = nn.matmul %at, %b {transpose_a} : tensor<3x19x37xf32>, tensor<19x53xf32>
  %2 = nn.matmul %at, %bt {transpose_a, transpose_b} : tensor<3x19x37xf32>, tensor<3x53x19xf32>
  %3 = nn.matmul %a, %bb : tensor<37x19xf32>, tensor<3x19x5xf32>
  %4 = nn.matmul %d, %e : tensor<7x19xf64>, tensor<19x5xf64>
  %5 = nn.matmul %wide, %tall : tensor<5x700xf32>, tensor<700x3xf32>
  %6 = nn.matmul %one, %b : tensor<1x19xf32>, tensor<19x53xf32>
  %7 = nn.matmul %a, %b plus %bias, %like : tensor<37x19xf32>, tensor<19x53xf32>, tensor<53xf32>, tensor<37x53xf32>
  %8 = nn.matmul %at, %b plus %likes {transpose_a} : tensor<3x19x37xf32>, tensor<19x53xf32>, tensor<3x37x53xf32>
  return
}

// -----

func.func @attention(%q: tensor<3x4x5x6xf32>, %k: tensor<3x4x7x6xf32>, %v: tensor<3x4x7x2xf32>,
                     %k1: tensor<3x1x7x6xf32>, %v1: tensor<3x1x7x2xf32>, %k2: tensor<3x2x7x6xf32>,
                     %v2: tensor<3x2x7x2xf32>, %mask: tensor<3x1x5x7xf32>,
                     %seen: tensor<1x4x1x7xi1>, %qi: tensor<3x5x4x6xf32>, %ki: tensor<3x7x4x6xf32>,
                     %vi: tensor<3x7x4x2xf32>, %y: tensor<3x4x5x2xf32>, %lse: tensor<3x4x5xf32>,
                     %yi: tensor<3x5x4x2xf32>) {
  %0:2 = nn.attention %q, %k, %v {scale = 0.5 : f64} : tensor<3x4x5x6xf32>, tensor<3x4x7x6xf32>, tensor<3x4x7x2xf32>
  %1:2 = nn.attention %q, %k, %v {causal, scale = 0.5 : f64} : tensor<3x4x5x6xf32>, tensor<3x4x7x6xf32>, tensor<3x4x7x2xf32>
  %2:2 = nn.attention %q, %k1, %v1 {scale = 0.5 : f64} : tensor<3x4x5x6xf32>, tensor<3x1x7x6xf32>, tensor<3x1x7x2xf32>
  %3:2 = nn.attention %q, %k2, %v2 mask %mask {scale = 0.5 : f64} : tensor<3x4x5x6xf32>, tensor<3x2x7x6xf32>, tensor<3x2x7x2xf32>, tensor<3x1x5x7xf32>
  %4:2 = nn.attention %q, %k, %v mask %seen {scale = 0.5 : f64} : tensor<3x4x5x6xf32>, tensor<3x4x7x6xf32>, tensor<3x4x7x2xf32>, tensor<1x4x1x7xi1>
  %5:2 = nn.attention %qi, %ki, %vi {heads_inner, scale = 0.5 : f64} : tensor<3x5x4x6xf32>, tensor<3x7x4x6xf32>, tensor<3x7x4x2xf32>
  %6:3 = nn.attention_grad %y, %q, %k, %v, %y, %lse {scale = 0.5 : f64} : tensor<3x4x5x2xf32>, tensor<3x4x5x6xf32>, tensor<3x4x7x6xf32>, tensor<3x4x7x2xf32>, tensor<3x4x5x2xf32>, tensor<3x4x5xf32>
  %7:3 = nn.attention_grad %y, %q, %k1, %v1, %y, %lse mask %mask {scale = 0.5 : f64} : tensor<3x4x5x2xf32>, tensor<3x4x5x6xf32>, tensor<3x1x7x6xf32>, tensor<3x1x7x2xf32>, tensor<3x4x5x2xf32>, tensor<3x4x5xf32>, tensor<3x1x5x7xf32>
  %8:3 = nn.attention_grad %y, %q, %k2, %v2, %y, %lse {causal, scale = 0.5 : f64} : tensor<3x4x5x2xf32>, tensor<3x4x5x6xf32>, tensor<3x2x7x6xf32>, tensor<3x2x7x2xf32>, tensor<3x4x5x2xf32>, tensor<3x4x5xf32>
  %9:3 = nn.attention_grad %yi, %qi, %ki, %vi, %yi, %lse {heads_inner, scale = 0.5 : f64} : tensor<3x5x4x2xf32>, tensor<3x5x4x6xf32>, tensor<3x7x4x6xf32>, tensor<3x7x4x2xf32>, tensor<3x5x4x2xf32>, tensor<3x4x5xf32>
  return
}

// -----

func.func @convolution(%x: tensor<3x6x9x8xf32>, %w: tensor<5x6x3x3xf32>, %y: tensor<3x5x9x8xf32>,
                       %grouped: tensor<4x3x3x3xf32>, %gy: tensor<3x4x9x8xf32>,
                       %x1: tensor<3x6x11xf32>, %w1: tensor<5x6x1xf32>) {
  %0 = nn.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<3x6x9x8xf32>, tensor<5x6x3x3xf32> to tensor<3x5x9x8xf32>
  %1 = nn.conv %x, %grouped {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 2 : i64} : tensor<3x6x9x8xf32>, tensor<4x3x3x3xf32> to tensor<3x4x9x8xf32>
  %2 = nn.conv %x1, %w1 {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : tensor<3x6x11xf32>, tensor<5x6x1xf32> to tensor<3x5x11xf32>
  %3 = nn.conv_grad_input %y, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<3x5x9x8xf32>, tensor<5x6x3x3xf32> to tensor<3x6x9x8xf32>
  %4 = nn.conv_grad_input %gy, %grouped {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 2 : i64} : tensor<3x4x9x8xf32>, tensor<4x3x3x3xf32> to tensor<3x6x9x8xf32>
  %5 = nn.conv_grad_weight %y, %x {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<3x5x9x8xf32>, tensor<3x6x9x8xf32> to tensor<5x6x3x3xf32>
  %6 = nn.conv_grad_weight %gy, %x {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 2 : i64} : tensor<3x4x9x8xf32>, tensor<3x6x9x8xf32> to tensor<4x3x3x3xf32>
  %7 = nn.conv_transpose %y, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<3x5x9x8xf32>, tensor<5x6x3x3xf32> to tensor<3x6x9x8xf32>
  return
}

// -----

func.func @normalization(%x: tensor<3x5x6x7xf32>, %scale: tensor<6x7xf32>, %s: tensor<3x5xf32>,
                         %c: tensor<5xf32>, %wide: tensor<3x300xf32>, %n: tensor<300xf32>) {
  %0:3 = nn.layer_norm %x, %scale {epsilon = 1.0e-05 : f64, uncentered} : tensor<3x5x6x7xf32>, tensor<6x7xf32>
  %1:3 = nn.layer_norm %wide, %n, %n {epsilon = 1.0e-05 : f64} : tensor<3x300xf32>, tensor<300xf32>, tensor<300xf32>
  %2 = nn.layer_norm_grad_input %x, %x, %scale, %s, %s : tensor<3x5x6x7xf32>, tensor<3x5x6x7xf32>, tensor<6x7xf32>, tensor<3x5xf32>, tensor<3x5xf32>
  %3:2 = nn.layer_norm_grad_params %x, %x, %s, %s : tensor<3x5x6x7xf32>, tensor<3x5x6x7xf32>, tensor<3x5xf32>, tensor<3x5xf32> to tensor<6x7xf32>, tensor<6x7xf32>
  %7:3 = nn.layer_norm_grad %x, %x, %scale, %s, %s plus %x {uncentered} : tensor<3x5x6x7xf32>, tensor<3x5x6x7xf32>, tensor<6x7xf32>, tensor<3x5xf32>, tensor<3x5xf32>, tensor<3x5x6x7xf32>
  %4:3 = nn.batch_norm %x, %c, %c {epsilon = 1.0e-05 : f64} : tensor<3x5x6x7xf32>, tensor<5xf32>, tensor<5xf32>
  %5:3 = nn.batch_norm_grad %x, %x, %c, %c, %c {epsilon = 1.0e-05 : f64} : tensor<3x5x6x7xf32>, tensor<3x5x6x7xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>
  %8:3 = nn.batch_norm_relu %x, %c, %c plus %x {epsilon = 1.0e-05 : f64} : tensor<3x5x6x7xf32>, tensor<5xf32>, tensor<5xf32>, tensor<3x5x6x7xf32>
  %9:3 = nn.batch_norm_relu_grad %x, %x, %x, %c, %c, %c {epsilon = 1.0e-05 : f64} : tensor<3x5x6x7xf32>, tensor<3x5x6x7xf32>, tensor<3x5x6x7xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>
  %6 = nn.batch_norm_inference %x, %c, %c, %c, %c {epsilon = 1.0e-05 : f64, momentum = 0.1 : f64} : tensor<3x5x6x7xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>
  return
}

// -----

func.func @losses(%x: tensor<3x5x4xf32>, %labels: tensor<3x4xi64>, %weights: tensor<5xf32>,
                  %d: tensor<f32>) {
  %0:2 = nn.cross_entropy %x, %labels weights %weights {axis = 1 : i64} : tensor<3x5x4xf32>, tensor<3x4xi64>, tensor<5xf32>
  %1 = nn.cross_entropy_grad %x, %labels, %d {axis = 1 : i64} : tensor<3x5x4xf32>, tensor<3x4xi64>, tensor<f32>
  %2:3 = nn.cross_entropy_with_grad %x, %labels weights %weights {axis = 1 : i64} : tensor<3x5x4xf32>, tensor<3x4xi64>, tensor<5xf32>
  %3 = nn.kl_divergence %x, %x {temperature = 2.0 : f64} : tensor<3x5x4xf32>
  %4 = nn.kl_divergence_grad %x, %x, %d {temperature = 2.0 : f64} : tensor<3x5x4xf32>, tensor<f32>
  %5 = nn.kl_divergence %x, %x {batch = 7 : i64, temperature = 2.0 : f64} : tensor<3x5x4xf32>
  %6 = nn.kl_divergence_grad %x, %x, %d {batch = 7 : i64, temperature = 2.0 : f64} : tensor<3x5x4xf32>, tensor<f32>
  return
}

// -----

func.func @rows(%x: tensor<3x5x9xf32>, %i: tensor<3x5x9xi64>, %dy: tensor<3x5xf32>,
                %wide: tensor<3x1000xf32>, %tall: tensor<1000x3xf32>) {
  %0 = nn.softmax %wide : tensor<3x1000xf32>
  %1 = nn.softmax_grad %x, %x : tensor<3x5x9xf32>, tensor<3x5x9xf32>
  %2 = nn.reduce sum %i : tensor<3x5x9xi64>
  %3 = nn.reduce prod %x : tensor<3x5x9xf32>
  %4 = nn.reduce_prod_grad %dy, %x : tensor<3x5xf32>, tensor<3x5x9xf32>
  %5 = nn.arg_reduce min %x : tensor<3x5x9xf32>
  %6 = nn.cum_sum %i {reverse} : tensor<3x5x9xi64>
  %7:2 = nn.top_k %x {k = 4 : i64} : tensor<3x5x9xf32>
  %8 = nn.reduce_sum %x {axes = array<i64: 1>} : tensor<3x5x9xf32>
  %9 = nn.reduce_sum %x {axes = array<i64: 0, 2>} : tensor<3x5x9xf32>
  %10 = nn.reduce_sum %tall {axes = array<i64: 0>} : tensor<1000x3xf32>
  %11 = nn.reduce_sum %wide {axes = array<i64: 1>} : tensor<3x1000xf32>
  %12 = nn.sum_squares %x : tensor<3x5x9xf32>
  return
}

// -----

func.func @moved(%x: tensor<3x5x9xf32>, %i: tensor<2x7xi64>, %e: tensor<3x4x9xi64>,
                 %u: tensor<3x4x9xf32>, %dy: tensor<3x2x7x9xf32>, %a: tensor<3x1x9xf32>,
                 %p: tensor<5x1xf32>, %c: tensor<3x5x9xi1>, %dt: tensor<7x5x2xf32>,
                 %t: tensor<7xi64>) {
  %0 = nn.gather %x, %i {axis = 1 : i64} : tensor<3x5x9xf32>, tensor<2x7xi64>
  %1 = nn.gather_grad %dy, %i {axis = 1 : i64} : tensor<3x2x7x9xf32>, tensor<2x7xi64> to tensor<3x5x9xf32>
  %rows, %sums = nn.gather_grad_rows %dt, %t {table_rows = 9 : i64} : tensor<7x5x2xf32>, tensor<7xi64>
  %2 = nn.gather_elements %x, %e {axis = 1 : i64} : tensor<3x5x9xf32>, tensor<3x4x9xi64>
  %3 = nn.scatter_elements replace %x, %e, %u {axis = 1 : i64} : tensor<3x5x9xf32>, tensor<3x4x9xi64>, tensor<3x4x9xf32>
  %4 = nn.concat %x, %a, %u {axis = 1 : i64} : tensor<3x5x9xf32>, tensor<3x1x9xf32>, tensor<3x4x9xf32>
  %5:2 = nn.split %x {axis = 1 : i64, sizes = array<i64: 2, 3>} : tensor<3x5x9xf32>
  %6 = nn.reshape %x : tensor<3x5x9xf32> to tensor<3x1x45xf32>
  %7 = nn.reshape %x : tensor<3x5x9xf32> to tensor<3x5x3x3xf32>
  %8 = nn.transpose %x {permutation = array<i64: 2, 0, 1>} : tensor<3x5x9xf32>
  %9 = nn.broadcast %a : tensor<3x1x9xf32> to tensor<2x3x5x9xf32>
  %10 = nn.add %x, %p : tensor<3x5x9xf32>, tensor<5x1xf32>
  %11 = nn.mul %x, %x : tensor<3x5x9xf32>, tensor<3x5x9xf32>
  %12 = nn.select %c, %a, %p : tensor<3x5x9xi1>, tensor<3x1x9xf32>, tensor<5x1xf32>
  return
}

// -----

// Large enough for blocks, threads and other kernels.
func.func @large(%a: tensor<3x700xf32>, %b: tensor<700x257xf32>, %c: tensor<200x700xf32>, %d: tensor<2x64xf32>, %e: tensor<64x2xf32>, %f: tensor<5x1xf32>, %g: tensor<1x700xf32>, %h:tensor<700x3xf64>, %i: tensor<3x700xf64>, %j: tensor<700x300xf32>) {
  %0 = nn.matmul %a, %b : tensor<3x700xf32>, tensor<700x257xf32>
  %1 = nn.matmul %c, %b : tensor<200x700xf32>, tensor<700x257xf32>
  %2 = nn.matmul %d, %e : tensor<2x64xf32>, tensor<64x2xf32>
  %3 = nn.matmul %f, %g : tensor<5x1xf32>, tensor<1x700xf32>
  %4 = nn.matmul %i, %h : tensor<3x700xf64>, tensor<700x3xf64>
  %5 = nn.matmul %a, %c {transpose_b} : tensor<3x700xf32>, tensor<200x700xf32>
  %6 = nn.matmul %j, %b {transpose_a} : tensor<700x300xf32>, tensor<700x257xf32>
  %7 = nn.reduce_sum %c {axes = array<i64: 0>} : tensor<200x700xf32>
  %8 = nn.reduce_sum %c {axes = array<i64: 1>} : tensor<200x700xf32>
  %9 = nn.softmax %c : tensor<200x700xf32>
  return
}

// -----

func.func @large_attention(%q: tensor<2x3x150x40xf32>, %k: tensor<2x3x90x40xf32>, %v: tensor<2x3x90x33xf32>, %y: tensor<2x3x150x33xf32>, %lse: tensor<2x3x150xf32>) {
  %0:2 = nn.attention %q, %k, %v {scale = 0.1 : f64} : tensor<2x3x150x40xf32>, tensor<2x3x90x40xf32>, tensor<2x3x90x33xf32>
  %6:3 = nn.attention_grad %y, %q, %k, %v, %y, %lse {scale = 0.1 : f64} : tensor<2x3x150x33xf32>, tensor<2x3x150x40xf32>, tensor<2x3x90x40xf32>, tensor<2x3x90x33xf32>, tensor<2x3x150x33xf32>, tensor<2x3x150xf32>
  return
}

// -----

func.func @large_convolution(%x: tensor<3x40x28x28xf32>, %w: tensor<70x40x3x3xf32>, %y: tensor<3x70x28x28xf32>, %one: tensor<2x1x28x28xf32>, %w1: tensor<2x1x5x5xf32>, %y1: tensor<2x2x24x24xf32>) {
  %0 = nn.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<3x40x28x28xf32>, tensor<70x40x3x3xf32> to tensor<3x70x28x28xf32>
  %3 = nn.conv_grad_input %y, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<3x70x28x28xf32>, tensor<70x40x3x3xf32> to tensor<3x40x28x28xf32>
  %5 = nn.conv_grad_weight %y, %x {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<3x70x28x28xf32>, tensor<3x40x28x28xf32> to tensor<70x40x3x3xf32>
  %6 = nn.conv %one, %w1 {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x1x28x28xf32>, tensor<2x1x5x5xf32> to tensor<2x2x24x24xf32>
  %7 = nn.conv_grad_weight %y1, %one {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<2x2x24x24xf32>, tensor<2x1x28x28xf32> to tensor<2x1x5x5xf32>
  return
}

// -----

func.func @large_normalization(%x: tensor<300x700xf32>, %s: tensor<300xf32>, %n: tensor<700xf32>, %i: tensor<40x50x9x9xf32>, %c: tensor<50xf32>) {
  %0:3 = nn.layer_norm %x, %n, %n {epsilon = 1.0e-05 : f64} : tensor<300x700xf32>, tensor<700xf32>, tensor<700xf32>
  %2 = nn.layer_norm_grad_input %x, %x, %n, %s, %s : tensor<300x700xf32>, tensor<300x700xf32>, tensor<700xf32>, tensor<300xf32>, tensor<300xf32>
  %3:2 = nn.layer_norm_grad_params %x, %x, %s, %s : tensor<300x700xf32>, tensor<300x700xf32>, tensor<300xf32>, tensor<300xf32> to tensor<700xf32>, tensor<700xf32>
  %7:3 = nn.layer_norm_grad %x, %x, %n, %s, %s : tensor<300x700xf32>, tensor<300x700xf32>, tensor<700xf32>, tensor<300xf32>, tensor<300xf32>
  %4:3 = nn.batch_norm %i, %c, %c {epsilon = 1.0e-05 : f64} : tensor<40x50x9x9xf32>, tensor<50xf32>, tensor<50xf32>
  %5:3 = nn.batch_norm_grad %i, %i, %c, %c, %c {epsilon = 1.0e-05 : f64} : tensor<40x50x9x9xf32>, tensor<40x50x9x9xf32>, tensor<50xf32>, tensor<50xf32>, tensor<50xf32>
  return
}
