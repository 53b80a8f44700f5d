// RUN: plimsoll-opt %s --nn-build-step=keep-gradients | FileCheck %s
// RUN: plimsoll-opt %s --nn-build-step=keep-gradients -verify-diagnostics -o /dev/null
// RUN: plimsoll-opt %s --nn-build-check -verify-diagnostics -o /dev/null

// As PyTorch's optimizers skip a parameter whose grad is None: no update, no decay, no state.
// All of them are named at once: one is only compared, one is only rounded, one is not read.

// CHECK-DAG:  nn.parameter @w : tensor<f32> {{.*}}trainable
// CHECK-DAG:  nn.state @w.exp_avg
// CHECK-DAG:  nn.parameter @compared : tensor<f32> {reason = "no gradient of the loss reaches it"}
// CHECK-DAG:  nn.parameter @rounded : tensor<f32> {reason = "no gradient of the loss reaches it"}
// CHECK-DAG:  nn.parameter @unread : tensor<f32> {reason = "no gradient of the loss reaches it"}
// CHECK-NOT:  nn.state @{{compared|rounded|unread}}
// CHECK:      func.func @train
// CHECK-SAME:   -> (tensor<f32>, tensor<f32> {nn.name = "gradient:w"})
// CHECK:        nn.store %{{.*}}, @w :
// CHECK-NOT:    nn.store %{{.*}}, @{{compared|rounded|unread}}
// expected-warning @+1 {{no gradient of the loss reaches 3 parameters: as in PyTorch, whose grad stays None there, such a parameter keeps its values, without decay and optimizer state; if that is meant --freeze=REGEX says so}}
module {
  nn.parameter @w : tensor<f32> {trainable, decayed}
  // expected-note @+1 {{compared}}
  nn.parameter @compared : tensor<f32> {trainable, decayed}
  // expected-note @+1 {{rounded}}
  nn.parameter @rounded : tensor<f32> {trainable}
  // expected-note @+1 {{unread}}
  nn.parameter @unread : tensor<f32> {trainable}
  func.func @forward() -> tensor<f32> {
    %w = nn.load @w : tensor<f32>
    %c = nn.load @compared : tensor<f32>
    %r = nn.load @rounded : tensor<f32>
    %p = nn.compare lt %w, %c : tensor<f32>, tensor<f32>
    %i = nn.cast %r {to = i64} : tensor<f32>
    %f = nn.cast %i {to = f32} : tensor<i64>
    %s = nn.select %p, %w, %f : tensor<i1>, tensor<f32>, tensor<f32>
    return %s : tensor<f32>
  }
}
