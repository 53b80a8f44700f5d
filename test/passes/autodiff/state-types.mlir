// What an optimizer keeps its states in: states of bf16 for all parameters, codes for those of 4,096
// numbers and more.
//
// RUN: plimsoll-opt %s --nn-build-step='optimizer=adamw,state=8bit' | FileCheck %s
// RUN: plimsoll-opt %s --nn-build-step='optimizer=sgd,momentum=0.5,state=8bit clip=norm:0.5' | FileCheck %s --check-prefix=CLIP
// RUN: plimsoll-opt %s --nn-build-step='optimizer=rmsprop,state=bf16 accumulate=2' | FileCheck %s --check-prefix=BF16
// RUN: plimsoll-opt %s --nn-build-step='optimizer=adamw,state=f32' -o %t.f32
// RUN: plimsoll-opt %s --nn-build-step=optimizer=adamw -o %t.standard
// RUN: cmp %t.f32 %t.standard
// RUN: not plimsoll-opt %s --nn-build-step=optimizer=adamw,state=4bit 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not plimsoll-opt %s --nn-build-step=optimizer=sgd,state=8bit 2>&1 | FileCheck %s --check-prefix=NONE

// CHECK:      nn.parameter @large
// CHECK-NEXT: nn.state @large.exp_avg : tensor<64x64xui8> {of = @large, scales = @large.exp_avg_scales, slot = "exp_avg"}
// CHECK-NEXT: nn.state @large.exp_avg_scales : tensor<16xf32> {of = @large, slot = "exp_avg_scales"}
// CHECK-NEXT: nn.state @large.exp_avg_sq : tensor<64x64xui8> {of = @large, scales = @large.exp_avg_sq_scales, slot = "exp_avg_sq"}
// CHECK-NEXT: nn.state @large.exp_avg_sq_scales : tensor<16xf32> {of = @large, slot = "exp_avg_sq_scales"}
// CHECK-NEXT: nn.parameter @small
// CHECK-NEXT: nn.state @small.exp_avg : tensor<64x63xf32> {of = @small, slot = "exp_avg"}
// CHECK-NEXT: nn.state @small.exp_avg_sq : tensor<64x63xf32> {of = @small, slot = "exp_avg_sq"}

// CHECK-LABEL: func.func @train
// CHECK-DAG:     %[[M:.*]] = nn.load @large.exp_avg : tensor<64x64xui8>
// CHECK-DAG:     %[[V:.*]] = nn.load @large.exp_avg_sq : tensor<64x64xui8>
// CHECK-DAG:     %[[MS:.*]] = nn.load @large.exp_avg_scales : tensor<16xf32>
// CHECK-DAG:     %[[VS:.*]] = nn.load @large.exp_avg_sq_scales : tensor<16xf32>
// CHECK:         %[[W1:.*]], %[[M1:.*]], %[[V1:.*]], %[[S1:.*]]:2 = nn.adamw %{{.*}}, %{{.*}}, %[[M]], %[[V]], %{{.*}} scales %[[MS]], %[[VS]] {{.*}} : tensor<64x64xf32> state ui8, tensor<16xf32>
// CHECK-DAG:     nn.store %[[W1]], @large : tensor<64x64xf32>
// CHECK-DAG:     nn.store %[[M1]], @large.exp_avg : tensor<64x64xui8>
// CHECK-DAG:     nn.store %[[V1]], @large.exp_avg_sq : tensor<64x64xui8>
// CHECK-DAG:     nn.store %[[S1]]#0, @large.exp_avg_scales : tensor<16xf32>
// CHECK-DAG:     nn.store %[[S1]]#1, @large.exp_avg_sq_scales : tensor<16xf32>
// CHECK:         nn.adamw %{{[^:]*}} : f64{{.*}} : tensor<64x63xf32>, tensor<16xf32>

// CLIP: nn.state @large.momentum_buffer : tensor<64x64xui8> {of = @large, scales = @large.momentum_buffer_scales, slot = "momentum_buffer"}
// CLIP: nn.sgd %{{.*}} clip %{{.*}} scales %{{.*}} : tensor<64x64xf32> state ui8, tensor<16xf32>, tensor<f32>

// Sums of gradients stay in f32.
// BF16: nn.state @large.square_avg : tensor<64x64xbf16> {of = @large, slot = "square_avg"}
// BF16: nn.state @large.gradient_sum : tensor<64x64xf32>
// BF16: nn.state @small.square_avg : tensor<64x63xbf16> {of = @small, slot = "square_avg"}
// BF16: nn.rmsprop %{{.*}} : tensor<64x64xf32> state bf16, tensor<16xf32>
// BF16: nn.rmsprop %{{.*}} : tensor<64x63xf32> state bf16, tensor<16xf32>

// UNKNOWN: error: 'state=4bit': expected f32, bf16 or 8bit
// NONE: error: state=8bit has no effect on sgd without momentum, which keeps no state
nn.parameter @large : tensor<64x64xf32> {trainable}
nn.parameter @small : tensor<64x63xf32> {trainable}
func.func @forward(%x: tensor<2x64xf32>, %labels: tensor<2xi64>) -> tensor<f32> {
  %large = nn.load @large : tensor<64x64xf32>
  %small = nn.load @small : tensor<64x63xf32>
  %h = nn.matmul %x, %large : tensor<2x64xf32>, tensor<64x64xf32>
  %logits = nn.matmul %h, %small : tensor<2x64xf32>, tensor<64x63xf32>
  %loss, %accuracy = nn.cross_entropy %logits, %labels : tensor<2x63xf32>, tensor<2xi64>
  return %loss : tensor<f32>
}
