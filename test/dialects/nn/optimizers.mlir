// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// CHECK-LABEL: func.func @updates
func.func @updates(%w: tensor<64x32xf32>, %g: tensor<64x32xf32>, %m: tensor<64x32xf32>, %v: tensor<64x32xf32>, %h: tensor<16xf32>) -> (tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>) {
  // CHECK: nn.adamw %{{.*}} {beta1 = 9.000000e-01 : f64, beta2 = 5.000000e-01 : f64, decayed, epsilon = 1.250000e-01 : f64} : tensor<64x32xf32>, tensor<16xf32>
  %a0, %a1, %a2 = nn.adamw %w, %g, %m, %v, %h {beta1 = 9.000000e-01 : f64, beta2 = 5.000000e-01 : f64, decayed, epsilon = 1.250000e-01 : f64} : tensor<64x32xf32>, tensor<16xf32>
  // CHECK: nn.adam %{{.*}} {beta1 = 9.000000e-01 : f64, beta2 = 5.000000e-01 : f64, clip_value = 5.000000e-01 : f64, epsilon = 1.250000e-01 : f64} : tensor<64x32xf32>, tensor<16xf32>
  %b0, %b1, %b2 = nn.adam %w, %g, %m, %v, %h {beta1 = 9.000000e-01 : f64, beta2 = 5.000000e-01 : f64, clip_value = 5.000000e-01 : f64, epsilon = 1.250000e-01 : f64} : tensor<64x32xf32>, tensor<16xf32>
  // CHECK: nn.sgd %{{.*}} {momentum = 9.000000e-01 : f64, nesterov} : tensor<64x32xf32>, tensor<16xf32>
  %c0, %c1 = nn.sgd %w, %g, %m, %h {momentum = 9.000000e-01 : f64, nesterov} : tensor<64x32xf32>, tensor<16xf32>
  // CHECK: nn.sgd_plain %{{.*}} {decayed} : tensor<64x32xf32>, tensor<16xf32>
  %d0 = nn.sgd_plain %w, %g, %h {decayed} : tensor<64x32xf32>, tensor<16xf32>
  // CHECK: nn.lion %{{.*}} {beta1 = 9.000000e-01 : f64, beta2 = 5.000000e-01 : f64, decay = 1.250000e-01 : f64, decayed} : tensor<64x32xf32>, tensor<16xf32>
  %e0, %e1 = nn.lion %w, %g, %m, %h {beta1 = 9.000000e-01 : f64, beta2 = 5.000000e-01 : f64, decay = 1.250000e-01 : f64, decayed} : tensor<64x32xf32>, tensor<16xf32>
  // CHECK: nn.adagrad %{{.*}} {epsilon = 1.250000e-01 : f64, lr_scale = 5.000000e-01 : f64} : tensor<64x32xf32>, tensor<16xf32>
  %f0, %f1 = nn.adagrad %w, %g, %m, %h {epsilon = 1.250000e-01 : f64, lr_scale = 5.000000e-01 : f64} : tensor<64x32xf32>, tensor<16xf32>
  // CHECK: nn.rmsprop %{{.*}} {alpha = 5.000000e-01 : f64, epsilon = 1.250000e-01 : f64} : tensor<64x32xf32>, tensor<16xf32>
  %i0, %i1 = nn.rmsprop %w, %g, %v, %h {alpha = 5.000000e-01 : f64, epsilon = 1.250000e-01 : f64} : tensor<64x32xf32>, tensor<16xf32>
  // CHECK: nn.rmsprop_momentum %{{.*}} {alpha = 5.000000e-01 : f64, epsilon = 1.250000e-01 : f64, momentum = 9.000000e-01 : f64} : tensor<64x32xf32>, tensor<16xf32>
  %j0, %j1, %j2 = nn.rmsprop_momentum %w, %g, %v, %m, %h {alpha = 5.000000e-01 : f64, epsilon = 1.250000e-01 : f64, momentum = 9.000000e-01 : f64} : tensor<64x32xf32>, tensor<16xf32>
  return %a0, %a1, %a2, %b0, %b1, %b2, %c0, %c1, %d0, %e0, %e1, %f0, %f1, %i0, %i1, %j0, %j1, %j2 : tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<64x32xf32>
}

// CHECK-LABEL: func.func @clipped
func.func @clipped(%w: tensor<64x32xf32>, %g: tensor<64x32xf32>, %h: tensor<16xf32>) -> (tensor<64x32xf32>, tensor<f32>) {
  // CHECK: %[[A:.*]] = nn.sum_squares %{{.*}} : tensor<64x32xf32>
  %a = nn.sum_squares %g : tensor<64x32xf32>
  // CHECK: %[[SCALE:.*]], %{{.*}} = nn.clip_by_norm %[[A]], %[[A]] {max_norm = 1.500000e+00 : f64} : tensor<f64>, tensor<f64>
  %scale, %norm = nn.clip_by_norm %a, %a {max_norm = 1.5 : f64} : tensor<f64>, tensor<f64>
  // CHECK: nn.sgd_plain %{{.*}}, %{{.*}}, %{{.*}} clip %[[SCALE]] : tensor<64x32xf32>, tensor<16xf32>, tensor<f32>
  %w1 = nn.sgd_plain %w, %g, %h clip %scale : tensor<64x32xf32>, tensor<16xf32>, tensor<f32>
  return %w1, %norm : tensor<64x32xf32>, tensor<f32>
}

// CHECK-LABEL: func.func @accumulated
func.func @accumulated(%s: tensor<64x32xf32>, %g: tensor<64x32xf32>, %h: tensor<16xf32>) -> tensor<64x32xf32> {
  // CHECK: nn.accumulate %{{.*}}, %{{.*}}, %{{.*}} : tensor<64x32xf32>, tensor<16xf32>
  %s1 = nn.accumulate %s, %g, %h : tensor<64x32xf32>, tensor<16xf32>
  return %s1 : tensor<64x32xf32>
}

// Updates of the rows that a step touched.
// CHECK-LABEL: func.func @rows
func.func @rows(%w: tensor<64x4x8xf32>, %g: tensor<6x4x8xf32>, %r: tensor<6xi64>, %m: tensor<64x4x8xf32>, %b: tensor<64x4x8xbf16>, %s: tensor<65xf64>, %h: tensor<16xf32>, %c: tensor<f32>) {
  // CHECK: %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} = nn.adamw_rows %arg0, %arg1 at %arg2, %arg3, %arg3, %arg6 decays %arg5 clip %arg7 {beta1 = 9.000000e-01 : f64, beta2 = 5.000000e-01 : f64, decayed, epsilon = 1.250000e-01 : f64} : tensor<64x4x8xf32>, tensor<6x4x8xf32> at tensor<6xi64>, tensor<64x4x8xf32>, tensor<64x4x8xf32>, tensor<16xf32> decays tensor<65xf64> clip tensor<f32>
  %a0, %a1, %a2, %a3 = nn.adamw_rows %w, %g at %r, %m, %m, %h decays %s clip %c {beta1 = 0.9 : f64, beta2 = 0.5 : f64, decayed, epsilon = 0.125 : f64} : tensor<64x4x8xf32>, tensor<6x4x8xf32> at tensor<6xi64>, tensor<64x4x8xf32>, tensor<64x4x8xf32>, tensor<16xf32> decays tensor<65xf64> clip tensor<f32>
  // CHECK: nn.adam_rows %arg0, %arg1 at %arg2, %arg4, %arg4, %arg6 {{.*}} : tensor<64x4x8xf32>, tensor<6x4x8xf32> at tensor<6xi64>, tensor<64x4x8xbf16>, tensor<64x4x8xbf16>, tensor<16xf32>
  %b0, %b1, %b2 = nn.adam_rows %w, %g at %r, %b, %b, %h {beta1 = 0.9 : f64, beta2 = 0.5 : f64, epsilon = 0.125 : f64} : tensor<64x4x8xf32>, tensor<6x4x8xf32> at tensor<6xi64>, tensor<64x4x8xbf16>, tensor<64x4x8xbf16>, tensor<16xf32>
  // CHECK: nn.sgd_plain_rows %arg0, %arg1 at %arg2, %arg6 clip %arg7 : tensor<64x4x8xf32>, tensor<6x4x8xf32> at tensor<6xi64>, tensor<16xf32> clip tensor<f32>
  %d0 = nn.sgd_plain_rows %w, %g at %r, %h clip %c : tensor<64x4x8xf32>, tensor<6x4x8xf32> at tensor<6xi64>, tensor<16xf32> clip tensor<f32>
  // CHECK: nn.adagrad_rows %arg0, %arg1 at %arg2, %arg3, %arg6 {clip_value = 5.000000e-01 : f64, epsilon = 1.250000e-01 : f64, lr_scale = 5.000000e-01 : f64}
  %e0, %e1 = nn.adagrad_rows %w, %g at %r, %m, %h {clip_value = 0.5 : f64, epsilon = 0.125 : f64, lr_scale = 0.5 : f64} : tensor<64x4x8xf32>, tensor<6x4x8xf32> at tensor<6xi64>, tensor<64x4x8xf32>, tensor<16xf32>
  return
}

// CHECK-LABEL: func.func @kept
func.func @kept(%a: tensor<4x6x8xf32>, %p: tensor<6x8xf32>, %i: tensor<4x6xi64>, %q: tensor<6xi64>, %h: tensor<16xf32>) -> (tensor<4x6x8xf32>, tensor<4x6xi64>) {
  // CHECK: nn.keep_micro_batch %arg0, %arg1, %arg4 : tensor<4x6x8xf32>, tensor<6x8xf32>, tensor<16xf32>
  %a1 = nn.keep_micro_batch %a, %p, %h : tensor<4x6x8xf32>, tensor<6x8xf32>, tensor<16xf32>
  // CHECK: nn.keep_micro_batch %arg2, %arg3, %arg4 : tensor<4x6xi64>, tensor<6xi64>, tensor<16xf32>
  %i1 = nn.keep_micro_batch %i, %q, %h : tensor<4x6xi64>, tensor<6xi64>, tensor<16xf32>
  return %a1, %i1 : tensor<4x6x8xf32>, tensor<4x6xi64>
}

// States may be narrower than their parameter; codes have scales.
// CHECK-LABEL: func.func @narrow_states
func.func @narrow_states(%w: tensor<65x64xf32>, %g: tensor<65x64xf32>, %m: tensor<65x64xui8>, %v: tensor<65x64xui8>, %ms: tensor<17xf32>, %vs: tensor<17xf32>, %b: tensor<65x64xbf16>, %h: tensor<16xf32>, %c: tensor<f32>) {
  // CHECK: %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}:2 = nn.adamw %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %arg7 scales %arg4, %arg5 {beta1 = 9.000000e-01 : f64, beta2 = 5.000000e-01 : f64, epsilon = 1.250000e-01 : f64} : tensor<65x64xf32> state ui8, tensor<16xf32>
  %a0, %a1, %a2, %as:2 = nn.adamw %w, %g, %m, %v, %h scales %ms, %vs {beta1 = 9.000000e-01 : f64, beta2 = 5.000000e-01 : f64, epsilon = 1.250000e-01 : f64} : tensor<65x64xf32> state ui8, tensor<16xf32>
  // CHECK: nn.lion %{{.*}}, %{{.*}}, %{{.*}}, %arg7 clip %arg8 scales %arg4 {beta1 = 9.000000e-01 : f64, beta2 = 5.000000e-01 : f64} : tensor<65x64xf32> state ui8, tensor<16xf32>, tensor<f32>
  %e0, %e1, %es = nn.lion %w, %g, %m, %h clip %c scales %ms {beta1 = 9.000000e-01 : f64, beta2 = 5.000000e-01 : f64} : tensor<65x64xf32> state ui8, tensor<16xf32>, tensor<f32>
  // CHECK: nn.sgd %{{.*}} {momentum = 9.000000e-01 : f64} : tensor<65x64xf32> state bf16, tensor<16xf32>
  %c0, %c1 = nn.sgd %w, %g, %b, %h {momentum = 9.000000e-01 : f64} : tensor<65x64xf32> state bf16, tensor<16xf32>
  // CHECK: nn.rmsprop_momentum %{{.*}} clip %arg8 {alpha = 5.000000e-01 : f64, epsilon = 1.250000e-01 : f64, momentum = 9.000000e-01 : f64} : tensor<65x64xf32> state bf16, tensor<16xf32>, tensor<f32>
  %j0, %j1, %j2 = nn.rmsprop_momentum %w, %g, %b, %b, %h clip %c {alpha = 5.000000e-01 : f64, epsilon = 1.250000e-01 : f64, momentum = 9.000000e-01 : f64} : tensor<65x64xf32> state bf16, tensor<16xf32>, tensor<f32>
  return
}
