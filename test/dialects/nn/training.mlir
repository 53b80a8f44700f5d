// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// CHECK: nn.parameter @h.0.weight : tensor<64x32xf32> {aliases = ["head.weight"], decayed, source = #nn.bytes<file = "m.onnx", offset = 256, size = 8192>, trainable, transposed}
nn.parameter @h.0.weight : tensor<64x32xf32> {aliases = ["head.weight"], trainable, decayed,
    transposed, source = #nn.bytes<file = "m.onnx", offset = 256, size = 8192>}
// CHECK: nn.parameter @h.0.bias : tensor<32xf32> {role = "bias", trainable}
nn.parameter @h.0.bias : tensor<32xf32> {trainable, role = "bias"}
// CHECK: nn.parameter @h.0.gain : tensor<32xf32> {decay = 5.000000e-02 : f64, lr_scale = 1.000000e-01 : f64, trainable}
nn.parameter @h.0.gain : tensor<32xf32> {trainable, decay = 0.05 : f64, lr_scale = 0.1 : f64}
// CHECK: nn.parameter @embed.weight : tensor<64x32xf32> {sparse, touched_rows = 8 : i64, trainable}
nn.parameter @embed.weight : tensor<64x32xf32> {trainable, sparse, touched_rows = 8 : i64}
// CHECK: nn.state @h.0.gain.gradient_sum : tensor<32xf32> {of = @h.0.gain, slot = "gradient_sum", transient}
nn.state @h.0.gain.gradient_sum : tensor<32xf32> {of = @h.0.gain, slot = "gradient_sum", transient}
// CHECK: nn.state @h.0.weight.exp_avg : tensor<64x32xf32> {of = @h.0.weight, slot = "exp_avg"}
nn.state @h.0.weight.exp_avg : tensor<64x32xf32> {of = @h.0.weight, slot = "exp_avg"}
// CHECK: nn.state @h.0.bias.sum : tensor<32xui8> {of = @h.0.bias, scales = @h.0.bias.sum_scales, slot = "sum"}
nn.state @h.0.bias.sum : tensor<32xui8> {of = @h.0.bias, slot = "sum", scales = @h.0.bias.sum_scales}
nn.state @h.0.bias.sum_scales : tensor<1xf32> {of = @h.0.bias, slot = "sum_scales"}

// CHECK-LABEL: func.func @symbols
func.func @symbols(%g: tensor<64x32xf32>) {
  // CHECK: nn.load @h.0.weight : tensor<64x32xf32>
  %w = nn.load @h.0.weight : tensor<64x32xf32>
  // CHECK: nn.load @h.0.weight.exp_avg : tensor<64x32xf32>
  %m = nn.load @h.0.weight.exp_avg : tensor<64x32xf32>
  // CHECK: nn.store %{{.*}}, @h.0.weight : tensor<64x32xf32>
  nn.store %w, @h.0.weight : tensor<64x32xf32>
  // CHECK: nn.store %{{.*}}, @h.0.weight.exp_avg : tensor<64x32xf32>
  nn.store %m, @h.0.weight.exp_avg : tensor<64x32xf32>
  return
}
