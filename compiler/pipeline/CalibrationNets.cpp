//===- CalibrationNets.cpp - the networks that calibration trains -----------------===//
#include "compiler/pipeline/CalibrationNets.h"
#include <cstdint>
#include <map>

using namespace plimsoll::pipeline;

/// One layer of a language model, with both usual norms, activations and position codes. B batch, T
/// tokens, D features, H heads, S features of a head, V vocabulary; several letters are a product,
/// and a digit in front multiplies.
static constexpr char kTransformer[] = R"mlir(
nn.parameter @wte : tensor<$Vx$Dxf32> {trainable, decayed}
nn.parameter @wpe : tensor<$Tx$Dxf32> {trainable, decayed}
nn.parameter @gain : tensor<$Dxf32> {trainable, role = "gain"}
nn.parameter @bias : tensor<$Dxf32> {trainable, role = "bias"}
nn.parameter @qkv : tensor<$Dx$3Dxf32> {trainable, decayed}
nn.parameter @qkv_bias : tensor<$3Dxf32> {trainable, role = "bias"}
nn.parameter @proj : tensor<$Dx$Dxf32> {trainable, decayed}
nn.parameter @norm : tensor<$Dxf32> {trainable, role = "gain"}
nn.parameter @up : tensor<$Dx$4Dxf32> {trainable, decayed}
nn.parameter @gate : tensor<$Dx$4Dxf32> {trainable, decayed}
nn.parameter @down : tensor<$4Dx$Dxf32> {trainable, decayed}
func.func @forward(%ids: tensor<$Bx$Txi64> {nn.name = "input_ids", nn.role = "input"})
    -> (tensor<$Bx$Tx$Vxf32> {nn.name = "logits"}) {
  %wte = nn.load @wte : tensor<$Vx$Dxf32>
  %wpe = nn.load @wpe : tensor<$Tx$Dxf32>
  %gain = nn.load @gain : tensor<$Dxf32>
  %bias = nn.load @bias : tensor<$Dxf32>
  %tokens = nn.gather %wte, %ids {axis = 0 : i64} : tensor<$Vx$Dxf32>, tensor<$Bx$Txi64>
  %x = nn.add %tokens, %wpe : tensor<$Bx$Tx$Dxf32>, tensor<$Tx$Dxf32>
  %n, %mean, %rstd = nn.layer_norm %x, %gain, %bias {epsilon = 1.0e-05 : f64} : tensor<$Bx$Tx$Dxf32>, tensor<$Dxf32>, tensor<$Dxf32>
  %rows = nn.reshape %n : tensor<$Bx$Tx$Dxf32> to tensor<$BTx$Dxf32>
  %wqkv = nn.load @qkv : tensor<$Dx$3Dxf32>
  %bqkv = nn.load @qkv_bias : tensor<$3Dxf32>
  %m = nn.matmul %rows, %wqkv : tensor<$BTx$Dxf32>, tensor<$Dx$3Dxf32>
  %mb = nn.add %m, %bqkv : tensor<$BTx$3Dxf32>, tensor<$3Dxf32>
  %parts:3 = nn.split %mb {axis = 1 : i64, sizes = array<i64: $D, $D, $D>} : tensor<$BTx$3Dxf32>
  %q4 = nn.reshape %parts#0 : tensor<$BTx$Dxf32> to tensor<$Bx$Tx$Hx$Sxf32>
  %k4 = nn.reshape %parts#1 : tensor<$BTx$Dxf32> to tensor<$Bx$Tx$Hx$Sxf32>
  %v4 = nn.reshape %parts#2 : tensor<$BTx$Dxf32> to tensor<$Bx$Tx$Hx$Sxf32>
  %q = nn.transpose %q4 {permutation = array<i64: 0, 2, 1, 3>} : tensor<$Bx$Tx$Hx$Sxf32>
  %qs:2 = nn.split %q {axis = 3 : i64, sizes = array<i64: $S/2, $S/2>} : tensor<$Bx$Hx$Tx$Sxf32>
  %qn = nn.neg %qs#1 : tensor<$Bx$Hx$Tx$S/2xf32>
  %qr = nn.concat %qn, %qs#0 {axis = 3 : i64} : tensor<$Bx$Hx$Tx$S/2xf32>, tensor<$Bx$Hx$Tx$S/2xf32>
  %qa = nn.mul %qr, %q : tensor<$Bx$Hx$Tx$Sxf32>, tensor<$Bx$Hx$Tx$Sxf32>
  %kt = nn.transpose %k4 {permutation = array<i64: 0, 2, 1, 3>} : tensor<$Bx$Tx$Hx$Sxf32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %table = nn.broadcast %half : tensor<f32> to tensor<1x1x$Tx$Sxf32>
  %k = nn.rotary %kt, %table, %table : tensor<$Bx$Hx$Tx$Sxf32>, tensor<1x1x$Tx$Sxf32>
  %v = nn.transpose %v4 {permutation = array<i64: 0, 2, 1, 3>} : tensor<$Bx$Tx$Hx$Sxf32>
  %a, %lse = nn.attention %qa, %k, %v {causal, scale = 0.125 : f64} : tensor<$Bx$Hx$Tx$Sxf32>, tensor<$Bx$Hx$Tx$Sxf32>, tensor<$Bx$Hx$Tx$Sxf32>
  %at = nn.transpose %a {permutation = array<i64: 0, 2, 1, 3>} : tensor<$Bx$Hx$Tx$Sxf32>
  %ar = nn.reshape %at : tensor<$Bx$Tx$Hx$Sxf32> to tensor<$BTx$Dxf32>
  %wproj = nn.load @proj : tensor<$Dx$Dxf32>
  %p = nn.matmul %ar, %wproj : tensor<$BTx$Dxf32>, tensor<$Dx$Dxf32>
  %xr = nn.reshape %x : tensor<$Bx$Tx$Dxf32> to tensor<$BTx$Dxf32>
  %r = nn.add %xr, %p : tensor<$BTx$Dxf32>, tensor<$BTx$Dxf32>
  %square = nn.mul %r, %r : tensor<$BTx$Dxf32>, tensor<$BTx$Dxf32>
  %sum = nn.reduce_sum %square {axes = array<i64: 1>} : tensor<$BTx$Dxf32>
  %column = nn.reshape %sum : tensor<$BTxf32> to tensor<$BTx1xf32>
  %epsilon = nn.constant dense<1.0e-05> : tensor<f32>
  %shifted = nn.add %column, %epsilon : tensor<$BTx1xf32>, tensor<f32>
  %root = nn.sqrt %shifted : tensor<$BTx1xf32>
  %scale = nn.reciprocal %root : tensor<$BTx1xf32>
  %rn = nn.mul %r, %scale : tensor<$BTx$Dxf32>, tensor<$BTx1xf32>
  %gain2 = nn.load @norm : tensor<$Dxf32>
  %rg = nn.mul %rn, %gain2 : tensor<$BTx$Dxf32>, tensor<$Dxf32>
  %wup = nn.load @up : tensor<$Dx$4Dxf32>
  %wgate = nn.load @gate : tensor<$Dx$4Dxf32>
  %up = nn.matmul %rg, %wup : tensor<$BTx$Dxf32>, tensor<$Dx$4Dxf32>
  %gate = nn.matmul %rg, %wgate : tensor<$BTx$Dxf32>, tensor<$Dx$4Dxf32>
  %sigmoid = nn.sigmoid %gate : tensor<$BTx$4Dxf32>
  %silu = nn.mul %gate, %sigmoid : tensor<$BTx$4Dxf32>, tensor<$BTx$4Dxf32>
  %gelu = nn.gelu %up {tanh_approximation} : tensor<$BTx$4Dxf32>
  %h = nn.mul %silu, %gelu : tensor<$BTx$4Dxf32>, tensor<$BTx$4Dxf32>
  %wdown = nn.load @down : tensor<$4Dx$Dxf32>
  %d = nn.matmul %h, %wdown : tensor<$BTx$4Dxf32>, tensor<$4Dx$Dxf32>
  %t = nn.tanh %d : tensor<$BTx$Dxf32>
  %o = nn.add %r, %t : tensor<$BTx$Dxf32>, tensor<$BTx$Dxf32>
  %l = nn.matmul %o, %wte {transpose_b} : tensor<$BTx$Dxf32>, tensor<$Vx$Dxf32>
  %logits = nn.reshape %l : tensor<$BTx$Vxf32> to tensor<$Bx$Tx$Vxf32>
  return %logits : tensor<$Bx$Tx$Vxf32>
}
)mlir";

/// Convolutions of an image network. B batch, D channels, I height and width.
static constexpr char kConvolutions[] = R"mlir(
nn.parameter @stem : tensor<$Dx3x3x3xf32> {trainable, decayed}
nn.parameter @gain : tensor<$Dxf32> {trainable}
nn.parameter @shift : tensor<$Dxf32> {trainable}
nn.parameter @body : tensor<$Dx$Dx3x3xf32> {trainable, decayed}
nn.parameter @down : tensor<$2Dx$Dx3x3xf32> {trainable, decayed}
nn.parameter @shortcut : tensor<$2Dx$Dx1x1xf32> {trainable, decayed}
nn.parameter @head : tensor<$2Dx$Vxf32> {trainable, decayed}
func.func @forward(%x: tensor<$Bx3x$Ix$Ixf32> {nn.name = "pixels", nn.role = "input"})
    -> (tensor<$Bx$Vxf32> {nn.name = "logits"}) {
  %stem = nn.load @stem : tensor<$Dx3x3x3xf32>
  %gain = nn.load @gain : tensor<$Dxf32>
  %shift = nn.load @shift : tensor<$Dxf32>
  %body = nn.load @body : tensor<$Dx$Dx3x3xf32>
  %down = nn.load @down : tensor<$2Dx$Dx3x3xf32>
  %shortcut = nn.load @shortcut : tensor<$2Dx$Dx1x1xf32>
  %head = nn.load @head : tensor<$2Dx$Vxf32>
  %a = nn.conv %x, %stem {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<$Bx3x$Ix$Ixf32>, tensor<$Dx3x3x3xf32> to tensor<$Bx$Dx$Ix$Ixf32>
  %an, %mean, %variance = nn.batch_norm %a, %gain, %shift {epsilon = 1.0e-05 : f64} : tensor<$Bx$Dx$Ix$Ixf32>, tensor<$Dxf32>, tensor<$Dxf32>
  %ar = nn.relu %an : tensor<$Bx$Dx$Ix$Ixf32>
  %b = nn.conv %ar, %body {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<$Bx$Dx$Ix$Ixf32>, tensor<$Dx$Dx3x3xf32> to tensor<$Bx$Dx$Ix$Ixf32>
  %br = nn.relu %b : tensor<$Bx$Dx$Ix$Ixf32>
  %c = nn.conv %br, %down {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<$Bx$Dx$Ix$Ixf32>, tensor<$2Dx$Dx3x3xf32> to tensor<$Bx$2Dx$I/2x$I/2xf32>
  %d = nn.conv %br, %shortcut {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<$Bx$Dx$Ix$Ixf32>, tensor<$2Dx$Dx1x1xf32> to tensor<$Bx$2Dx$I/2x$I/2xf32>
  %e = nn.add %c, %d : tensor<$Bx$2Dx$I/2x$I/2xf32>, tensor<$Bx$2Dx$I/2x$I/2xf32>
  %er = nn.relu %e : tensor<$Bx$2Dx$I/2x$I/2xf32>
  %pooled = nn.reduce_sum %er {axes = array<i64: 2, 3>} : tensor<$Bx$2Dx$I/2x$I/2xf32>
  %logits = nn.matmul %pooled, %head : tensor<$Bx$2Dxf32>, tensor<$2Dx$Vxf32>
  return %logits : tensor<$Bx$Vxf32>
}
)mlir";

/// Blocks of a small image network: pointwise, depthwise and transposed convolutions, and pooling.
/// B batch, D channels, I height and width.
static constexpr char kDepthwise[] = R"mlir(
nn.parameter @expand : tensor<$4Dx$Dx1x1xf32> {trainable, decayed}
nn.parameter @depthwise : tensor<$4Dx1x3x3xf32> {trainable, decayed}
nn.parameter @project : tensor<$Dx$4Dx1x1xf32> {trainable, decayed}
nn.parameter @strided : tensor<$4Dx1x3x3xf32> {trainable, decayed}
nn.parameter @shortcut : tensor<$Dx$4Dx1x1xf32> {trainable, decayed}
nn.parameter @wide : tensor<$Dx1x7x7xf32> {trainable, decayed}
nn.parameter @up : tensor<$Dx$Dx2x2xf32> {trainable, decayed}
nn.parameter @last : tensor<$Dx$2Dx3x3xf32> {trainable, decayed}
nn.parameter @gain : tensor<$4Dxf32> {trainable}
nn.parameter @shift : tensor<$4Dxf32> {trainable}
nn.parameter @head : tensor<$Dx$Vxf32> {trainable, decayed}
func.func @forward(%x: tensor<$Bx$Dx$Ix$Ixf32> {nn.name = "pixels", nn.role = "input"})
    -> (tensor<$Bx$Vxf32> {nn.name = "logits"}) {
  %expand = nn.load @expand : tensor<$4Dx$Dx1x1xf32>
  %depthwise = nn.load @depthwise : tensor<$4Dx1x3x3xf32>
  %project = nn.load @project : tensor<$Dx$4Dx1x1xf32>
  %strided = nn.load @strided : tensor<$4Dx1x3x3xf32>
  %shortcut = nn.load @shortcut : tensor<$Dx$4Dx1x1xf32>
  %wide = nn.load @wide : tensor<$Dx1x7x7xf32>
  %up = nn.load @up : tensor<$Dx$Dx2x2xf32>
  %last = nn.load @last : tensor<$Dx$2Dx3x3xf32>
  %gain = nn.load @gain : tensor<$4Dxf32>
  %shift = nn.load @shift : tensor<$4Dxf32>
  %head = nn.load @head : tensor<$Dx$Vxf32>
  %w = nn.conv %x, %wide {strides = array<i64: 1, 1>, pads = array<i64: 3, 3, 3, 3>, dilations = array<i64: 1, 1>, groups = $D : i64} : tensor<$Bx$Dx$Ix$Ixf32>, tensor<$Dx1x7x7xf32> to tensor<$Bx$Dx$Ix$Ixf32>
  %e = nn.conv %w, %expand {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<$Bx$Dx$Ix$Ixf32>, tensor<$4Dx$Dx1x1xf32> to tensor<$Bx$4Dx$Ix$Ixf32>
  %en, %mean, %variance = nn.batch_norm %e, %gain, %shift {epsilon = 1.0e-05 : f64} : tensor<$Bx$4Dx$Ix$Ixf32>, tensor<$4Dxf32>, tensor<$4Dxf32>
  %er = nn.relu %en : tensor<$Bx$4Dx$Ix$Ixf32>
  %d = nn.conv %er, %depthwise {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = $4D : i64} : tensor<$Bx$4Dx$Ix$Ixf32>, tensor<$4Dx1x3x3xf32> to tensor<$Bx$4Dx$Ix$Ixf32>
  %dr = nn.relu %d : tensor<$Bx$4Dx$Ix$Ixf32>
  %p = nn.conv %dr, %project {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<$Bx$4Dx$Ix$Ixf32>, tensor<$Dx$4Dx1x1xf32> to tensor<$Bx$Dx$Ix$Ixf32>
  %r = nn.add %p, %w : tensor<$Bx$Dx$Ix$Ixf32>, tensor<$Bx$Dx$Ix$Ixf32>
  %m = nn.max_pool %r {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<$Bx$Dx$Ix$Ixf32> to tensor<$Bx$Dx$I/2x$I/2xf32>
  %ds = nn.conv %er, %strided {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = $4D : i64} : tensor<$Bx$4Dx$Ix$Ixf32>, tensor<$4Dx1x3x3xf32> to tensor<$Bx$4Dx$I/2x$I/2xf32>
  %sc = nn.conv %ds, %shortcut {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<$Bx$4Dx$I/2x$I/2xf32>, tensor<$Dx$4Dx1x1xf32> to tensor<$Bx$Dx$I/2x$I/2xf32>
  %sum = nn.add %m, %sc : tensor<$Bx$Dx$I/2x$I/2xf32>, tensor<$Bx$Dx$I/2x$I/2xf32>
  %u = nn.conv_transpose %sum, %up {dilations = array<i64: 1, 1>, groups = 1 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<$Bx$Dx$I/2x$I/2xf32>, tensor<$Dx$Dx2x2xf32> to tensor<$Bx$Dx$Ix$Ixf32>
  %both = nn.concat %u, %r {axis = 1 : i64} : tensor<$Bx$Dx$Ix$Ixf32>, tensor<$Bx$Dx$Ix$Ixf32>
  %l = nn.conv %both, %last {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<$Bx$2Dx$Ix$Ixf32>, tensor<$Dx$2Dx3x3xf32> to tensor<$Bx$Dx$Ix$Ixf32>
  %a = nn.avg_pool %l {count_padding, dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<$Bx$Dx$Ix$Ixf32> to tensor<$Bx$Dx$I/2x$I/2xf32>
  %pooled = nn.reduce_sum %a {axes = array<i64: 2, 3>} : tensor<$Bx$Dx$I/2x$I/2xf32>
  %logits = nn.matmul %pooled, %head : tensor<$Bx$Dxf32>, tensor<$Dx$Vxf32>
  return %logits : tensor<$Bx$Vxf32>
}
)mlir";

/// Layers of a small network. B rows, D features, V classes.
static constexpr char kLayers[] = R"mlir(
nn.parameter @first : tensor<$Dx$4Dxf32> {trainable, decayed}
nn.parameter @bias : tensor<$4Dxf32> {trainable, role = "bias"}
nn.parameter @second : tensor<$4Dx$Dxf32> {trainable, decayed}
nn.parameter @head : tensor<$Dx$Vxf32> {trainable, decayed}
func.func @forward(%x: tensor<$Bx$Dxf32> {nn.name = "features", nn.role = "input"})
    -> (tensor<$Bx$Vxf32> {nn.name = "logits"}) {
  %first = nn.load @first : tensor<$Dx$4Dxf32>
  %bias = nn.load @bias : tensor<$4Dxf32>
  %second = nn.load @second : tensor<$4Dx$Dxf32>
  %head = nn.load @head : tensor<$Dx$Vxf32>
  %a = nn.matmul %x, %first : tensor<$Bx$Dxf32>, tensor<$Dx$4Dxf32>
  %b = nn.add %a, %bias : tensor<$Bx$4Dxf32>, tensor<$4Dxf32>
  %c = nn.relu %b : tensor<$Bx$4Dxf32>
  %d = nn.matmul %c, %second : tensor<$Bx$4Dxf32>, tensor<$4Dx$Dxf32>
  %logits = nn.matmul %d, %head : tensor<$Bx$Dxf32>, tensor<$Dx$Vxf32>
  return %logits : tensor<$Bx$Vxf32>
}
)mlir";

/// A recurrent network with a layer of each kind of cells. T steps, B batch, D units, V classes.
static constexpr char kRecurrent[] = R"mlir(
nn.parameter @lstm_in : tensor<$Dx$4Dxf32> {trainable, decayed}
nn.parameter @lstm : tensor<$4Dx$Dxf32> {trainable, decayed}
nn.parameter @gru_in : tensor<$Dx$3Dxf32> {trainable, decayed}
nn.parameter @gru : tensor<$3Dx$Dxf32> {trainable, decayed}
nn.parameter @rnn : tensor<$Dx$Dxf32> {trainable, decayed}
nn.parameter @head : tensor<$Dx$Vxf32> {trainable, decayed}
func.func @forward(%x: tensor<$Bx$Tx$Dxf32> {nn.name = "features", nn.role = "input"})
    -> (tensor<$Bx$Tx$Vxf32> {nn.name = "logits"}) {
  %zero = nn.constant dense<0.0> : tensor<f32>
  %state = nn.broadcast %zero : tensor<f32> to tensor<$Bx$Dxf32>
  %xt = nn.transpose %x {permutation = array<i64: 1, 0, 2>} : tensor<$Bx$Tx$Dxf32>
  %w0 = nn.load @lstm_in : tensor<$Dx$4Dxf32>
  %g0 = nn.matmul %xt, %w0 : tensor<$Tx$Bx$Dxf32>, tensor<$Dx$4Dxf32>
  %r0 = nn.load @lstm : tensor<$4Dx$Dxf32>
  %h0, %cells, %gates = nn.lstm %g0, %r0, %state, %state : tensor<$Tx$Bx$4Dxf32>, tensor<$4Dx$Dxf32>, tensor<$Bx$Dxf32>, tensor<$Bx$Dxf32>
  %w1 = nn.load @gru_in : tensor<$Dx$3Dxf32>
  %g1 = nn.matmul %h0, %w1 : tensor<$Tx$Bx$Dxf32>, tensor<$Dx$3Dxf32>
  %r1 = nn.load @gru : tensor<$3Dx$Dxf32>
  %h1, %gates1, %inner = nn.gru %g1, %r1, %state : tensor<$Tx$Bx$3Dxf32>, tensor<$3Dx$Dxf32>, tensor<$Bx$Dxf32>
  %r2 = nn.load @rnn : tensor<$Dx$Dxf32>
  %h2 = nn.rnn %h1, %r2, %state : tensor<$Tx$Bx$Dxf32>, tensor<$Dx$Dxf32>, tensor<$Bx$Dxf32>
  %head = nn.load @head : tensor<$Dx$Vxf32>
  %l = nn.matmul %h2, %head : tensor<$Tx$Bx$Dxf32>, tensor<$Dx$Vxf32>
  %logits = nn.transpose %l {permutation = array<i64: 1, 0, 2>} : tensor<$Tx$Bx$Vxf32>
  return %logits : tensor<$Bx$Tx$Vxf32>
}
)mlir";

/// Replaces `$D`, `$3D` (three times D), `$S/2` (half of S) and `$BT` (the product) by numbers.
static std::string fill(const char *text, const std::map<char, int64_t> &sizes) {
  std::string result;
  for (const char *c = text; *c; ++c) {
    if (*c != '$') {
      result += *c;
      continue;
    }
    int64_t value = 1;
    for (++c; *c >= '0' && *c <= '9'; ++c)
      value = value * (*c - '0');
    for (auto it = sizes.find(*c); it != sizes.end(); it = sizes.find(*++c))
      value *= it->second;
    if (c[0] == '/' && c[1] == '2') {
      value /= 2;
      c += 2;
    }
    result += std::to_string(value);
    --c;
  }
  return result;
}

/// Returns a network of elementwise functions, whose gradients consist of others. B rows of D
/// elements.
static std::string elementwise(const std::map<char, int64_t> &sizes) {
  std::string text = R"mlir(
nn.parameter @shift : tensor<$Dxf32> {trainable}
func.func @forward(%x: tensor<$Bx$Dxf32> {nn.name = "features", nn.role = "input"})
    -> (tensor<$Bx$Dxf32> {nn.name = "logits"}) {
  %shift = nn.load @shift : tensor<$Dxf32>
  %a = nn.add %x, %shift : tensor<$Bx$Dxf32>, tensor<$Dxf32>
  %b = nn.sigmoid %a : tensor<$Bx$Dxf32>
  %c = nn.exp %b : tensor<$Bx$Dxf32>
  %less = nn.compare lt %a, %b : tensor<$Bx$Dxf32>, tensor<$Bx$Dxf32>
  %chosen = nn.select %less, %a, %c : tensor<$Bx$Dxi1>, tensor<$Bx$Dxf32>, tensor<$Bx$Dxf32>
  %number = nn.cast %less {to = f32} : tensor<$Bx$Dxi1>
  %softmax = nn.softmax %a : tensor<$Bx$Dxf32>
  %bcosh = nn.acosh %c : tensor<$Bx$Dxf32>
  %s0 = nn.add %chosen, %number : tensor<$Bx$Dxf32>, tensor<$Bx$Dxf32>
  %s1 = nn.add %softmax, %bcosh : tensor<$Bx$Dxf32>, tensor<$Bx$Dxf32>
)mlir";
  int sums = 2;
  auto addTerm = [&](const std::string &op, const std::string &operands, int count) {
    std::string type = "tensor<$Bx$Dxf32>", number = std::to_string(sums);
    text += "  %t" + number + " = nn." + op + " " + operands + " : " + type +
            (count == 2 ? ", " + type : "") + "\n  %s" + number + " = nn.add %s" +
            std::to_string(sums - 1) + ", %t" + number + " : " + type + ", " + type + "\n";
    ++sums;
  };
  for (const char *unary :
       {"log", "sqrt", "reciprocal", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
        "asinh", "atanh", "tanh", "erf", "abs", "floor", "gelu"})
    addTerm(unary, "%b", 1);
  for (const char *binary : {"sub", "mul", "div", "pow", "min", "max"})
    addTerm(binary, "%b, %c", 2);
  text += "  %sum = nn.add %s0, %s" + std::to_string(sums - 1) +
          " : tensor<$Bx$Dxf32>, tensor<$Bx$Dxf32>\n  return %sum : tensor<$Bx$Dxf32>\n}\n";
  return fill(text.c_str(), sizes);
}

std::vector<CalibrationNet> plimsoll::pipeline::calibrationNets() {
  std::vector<CalibrationNet> nets;
  struct Rows {
    int64_t batch, features;
  };
  for (Rows r : {Rows{16, 64}, Rows{64, 128}, Rows{512, 512}, Rows{1024, 1024}})
    nets.push_back(
        {"elementwise functions, " + std::to_string(r.batch) + "x" + std::to_string(r.features),
         elementwise({{'B', r.batch}, {'D', r.features}})});
  struct Sequence {
    int64_t batch, steps, units;
  };
  for (Sequence s :
       {Sequence{2, 8, 16}, Sequence{4, 32, 64}, Sequence{16, 32, 256}, Sequence{32, 64, 512}})
    nets.push_back({"recurrent layers, " + std::to_string(s.batch) + "x" + std::to_string(s.steps) +
                        " steps, " + std::to_string(s.units) + " units",
                    fill(kRecurrent, {{'B', s.batch}, {'T', s.steps}, {'D', s.units}, {'V', 10}})});
  for (Rows r : {Rows{32, 32}, Rows{64, 64}, Rows{128, 256}, Rows{64, 1024}})
    nets.push_back({"layers, " + std::to_string(r.batch) + "x" + std::to_string(r.features),
                    fill(kLayers, {{'B', r.batch}, {'D', r.features}, {'V', 10}})});
  struct Text {
    int64_t batch, tokens, features, heads, vocabulary;
  };
  for (Text t : {Text{1, 16, 32, 1, 64}, Text{2, 64, 64, 2, 256}, Text{32, 20, 96, 4, 10},
                 Text{8, 64, 128, 4, 512}, Text{4, 64, 256, 4, 1024}, Text{4, 256, 512, 8, 8192},
                 Text{4, 512, 768, 12, 32768}})
    nets.push_back({"transformer layer, " + std::to_string(t.batch) + "x" +
                        std::to_string(t.tokens) + " tokens, " + std::to_string(t.features) +
                        " features, vocabulary " + std::to_string(t.vocabulary),
                    fill(kTransformer, {{'B', t.batch},
                                        {'T', t.tokens},
                                        {'D', t.features},
                                        {'H', t.heads},
                                        {'S', t.features / t.heads},
                                        {'V', t.vocabulary}}),
                    /*merges=*/true});
  struct Image {
    int64_t batch, channels, side;
  };
  for (const auto &[name, text] :
       {std::pair("convolutions", kConvolutions), std::pair("depthwise convolutions", kDepthwise)})
    for (Image i : {Image{2, 8, 8}, Image{4, 16, 16}, Image{64, 16, 8}, Image{64, 32, 4},
                    Image{8, 32, 32}, Image{32, 64, 8}, Image{8, 64, 64}, Image{8, 256, 16}})
      nets.push_back({std::string(name) + ", batch " + std::to_string(i.batch) + ", " +
                          std::to_string(i.channels) + " channels, " + std::to_string(i.side) +
                          "x" + std::to_string(i.side),
                      fill(text, {{'B', i.batch}, {'D', i.channels}, {'I', i.side}, {'V', 10}})});
  return nets;
}
