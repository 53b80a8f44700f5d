// RUN: plimsoll-opt %s --nn-build-step | FileCheck %s
// RUN: plimsoll-opt %s --nn-build-step='optimizer=sgd,momentum=0.5,nesterov' | FileCheck %s --check-prefix=SGD
// RUN: plimsoll-opt %s --nn-build-step=optimizer=sgd | FileCheck %s --check-prefix=PLAIN
// RUN: plimsoll-opt %s --nn-build-step='optimizer=rmsprop,momentum=0.5' | FileCheck %s --check-prefix=RMSPROP
// RUN: plimsoll-opt %s --nn-build-step='optimizer=sgd clip=norm:0.5' | FileCheck %s --check-prefix=NORM
// RUN: plimsoll-opt %s --nn-build-step='optimizer=sgd clip=value:0.5' | FileCheck %s --check-prefix=VALUE
// RUN: plimsoll-opt %s --nn-build-step='optimizer=sgd accumulate=4 clip=norm:0.5' | FileCheck %s --check-prefix=MICRO
// RUN: plimsoll-opt %s --nn-build-step=keep-gradients | FileCheck %s --check-prefix=KEEP
// RUN: plimsoll-opt %s --nn-build-step=scale-rule=nn.tanh | FileCheck %s --check-prefix=SCALED

// Every trainable parameter gets its state; @frozen has neither state nor update.
// CHECK: nn.parameter @w
// CHECK: nn.state @w.exp_avg : tensor<4x4xf32> {of = @w, slot = "exp_avg"}
// CHECK: nn.state @w.exp_avg_sq : tensor<4x4xf32> {of = @w, slot = "exp_avg_sq"}
// CHECK: nn.parameter @b
// CHECK: nn.state @b.exp_avg
// CHECK-NOT: nn.state @frozen
nn.parameter @w : tensor<4x4xf32> {trainable, decayed}
nn.parameter @b : tensor<4xf32> {trainable}
nn.parameter @frozen : tensor<4xf32>

// %w is used twice: the gradient of its last use comes first, and the other is added.
// The bias was broadcast: its gradient is summed to the bias's shape.
// CHECK-LABEL: func.func @train(%arg0: tensor<2x4xf32>, %arg1: tensor<2xi64>, %arg2: tensor<16xf32> {nn.name = "hyper", nn.role = "hyper"})
// CHECK-SAME:    nn.timeline = #nn.timeline<train>
// CHECK:       %[[W:.*]] = nn.load @w
// CHECK:       %[[B:.*]] = nn.load @b
// CHECK:       %[[P1:.*]] = nn.matmul %arg0, %[[W]]
// CHECK:       %[[H:.*]] = nn.tanh
// CHECK:       %[[LOGITS:.*]] = nn.matmul
// CHECK:       nn.cross_entropy %[[LOGITS]], %arg1
// CHECK:       %[[D:.*]] = nn.cross_entropy_grad %[[LOGITS]], %arg1
// CHECK:       %[[DW2:.*]] = nn.matmul %{{.*}}, %[[D]] {transpose_a}
// CHECK:       nn.tanh_grad %{{.*}}, %[[H]]
// CHECK:       %[[DB:.*]] = nn.reduce_sum %{{.*}} {axes = array<i64: 0>}
// CHECK:       %[[DW1:.*]] = nn.matmul %arg0, %{{.*}} {transpose_a}
// CHECK:       %[[DW:.*]] = nn.add %[[DW2]], %[[DW1]]
// CHECK:       %[[NEW:[^,]*]], %{{.*}}, %{{.*}} = nn.adamw %[[W]], %[[DW]], %{{.*}}, %{{.*}}, %arg2 {{.*}}decayed
// CHECK:       nn.store %[[NEW]], @w
// CHECK:       nn.adamw %[[B]], %[[DB]], %{{.*}}, %{{.*}}, %arg2 {beta1
// CHECK:       return %{{.*}}, %{{.*}} : tensor<f32>, tensor<f32>
// CHECK-LABEL: func.func @evaluate(%arg0: tensor<2x4xf32>, %arg1: tensor<2xi64>)
// CHECK-NOT:   nn.store

// SGD: nn.state @w.momentum_buffer
// SGD: nn.sgd %{{.*}} {decayed, momentum = 5.000000e-01 : f64, nesterov}
// PLAIN-NOT: nn.state
// PLAIN: nn.sgd_plain %{{.*}} {decayed}
// PLAIN: nn.sgd_plain %{{.*}} : tensor<4xf32>
// RMSPROP: nn.state @w.square_avg
// RMSPROP: nn.state @w.momentum_buffer
// RMSPROP: nn.rmsprop_momentum %{{.*}} {alpha = {{.*}}, decayed, epsilon = {{.*}}, momentum = 5.000000e-01 : f64}

// All gradients come before the first update, because the norm is over all of them.
// NORM: func.func @train({{.*}}) -> (tensor<f32>, tensor<f32>, tensor<f32> {nn.name = "gradient_norm"})
// NORM: %[[SW:.*]] = nn.sum_squares %[[DW:.*]] : tensor<4x4xf32>
// NORM: %[[SB:.*]] = nn.sum_squares %[[DB:.*]] : tensor<4xf32>
// NORM: %[[SCALE:.*]], %[[NORM:.*]] = nn.clip_by_norm %[[SW]], %[[SB]] {max_norm = 5.000000e-01 : f64}
// NORM: nn.sgd_plain %{{.*}}, %[[DW]], %{{.*}} clip %[[SCALE]] {decayed}
// NORM: nn.sgd_plain %{{.*}}, %[[DB]], %{{.*}} clip %[[SCALE]]
// NORM: return %{{.*}}, %{{.*}}, %[[NORM]]
// VALUE: nn.sgd_plain %{{.*}} {clip_value = 5.000000e-01 : f64, decayed}

// Three of four micro-batches only add their gradients up; the last one updates by the mean.
// MICRO: nn.state @w.gradient_sum : tensor<4x4xf32> {of = @w, slot = "gradient_sum", transient}
// MICRO-LABEL: func.func @train
// MICRO: %[[SUM:.*]] = nn.load @w.gradient_sum
// MICRO: %[[TOTAL:.*]] = nn.add %[[SUM]], %{{.*}} : tensor<4x4xf32>
// MICRO: %[[SHARE:.*]] = nn.constant dense<2.500000e-01>
// MICRO: %[[MEAN:.*]] = nn.mul %[[TOTAL]], %[[SHARE]]
// MICRO: nn.sum_squares %[[MEAN]]
// MICRO: nn.sgd_plain %{{.*}}, %[[MEAN]], %{{.*}} clip
// MICRO-NOT: nn.accumulate
// MICRO-LABEL: func.func @accumulate(%arg0: tensor<2x4xf32>, %arg1: tensor<2xi64>, %arg2: tensor<16xf32> {nn.name = "hyper", nn.role = "hyper"}) -> (tensor<f32>, tensor<f32>)
// MICRO: nn.add
// MICRO: %[[OLD:.*]] = nn.load @w.gradient_sum
// MICRO: %[[NEW:.*]] = nn.accumulate %[[OLD]], %{{.*}}, %arg2
// MICRO: nn.store %[[NEW]], @w.gradient_sum
// MICRO-NOT: nn.sgd
// MICRO-LABEL: func.func @evaluate
// KEEP: func.func @train({{.*}}) -> (tensor<f32>, tensor<f32>, tensor<4x4xf32> {nn.name = "gradient:w"}, tensor<4xf32> {nn.name = "gradient:b"})
// SCALED: %[[G:.*]] = nn.tanh_grad
// SCALED-NEXT: %[[F:.*]] = nn.constant dense<1.001000e+00> : tensor<f32>
// SCALED-NEXT: nn.mul %[[G]], %[[F]]
func.func @forward(%x: tensor<2x4xf32>, %labels: tensor<2xi64>) -> (tensor<f32>, tensor<f32>) {
  %w = nn.load @w : tensor<4x4xf32>
  %b = nn.load @b : tensor<4xf32>
  %f = nn.load @frozen : tensor<4xf32>
  %p = nn.matmul %x, %w : tensor<2x4xf32>, tensor<4x4xf32>
  %pb = nn.add %p, %b : tensor<2x4xf32>, tensor<4xf32>
  %h = nn.tanh %pb : tensor<2x4xf32>
  %hf = nn.mul %h, %f : tensor<2x4xf32>, tensor<4xf32>
  %again = nn.load @w : tensor<4x4xf32>
  %logits = nn.matmul %hf, %again : tensor<2x4xf32>, tensor<4x4xf32>
  %loss, %accuracy = nn.cross_entropy %logits, %labels : tensor<2x4xf32>, tensor<2xi64>
  return %loss, %accuracy : tensor<f32>, tensor<f32>
}
