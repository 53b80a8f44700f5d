// RUN: split-file %s %t
// RUN: plimsoll-opt %t/none.mlir --nn-build-step -verify-diagnostics
// RUN: plimsoll-opt %t/scalar.mlir --nn-build-step -verify-diagnostics
// RUN: plimsoll-opt %t/nothing.mlir --nn-build-step -verify-diagnostics
// RUN: not plimsoll-opt %t/unreached.mlir --nn-build-step 2>&1 | FileCheck %s --check-prefix=UNREACHED
// RUN: not plimsoll-opt %t/rules.mlir --nn-build-step 2>&1 | FileCheck %s --check-prefix=RULES
// RUN: not plimsoll-opt %t/good.mlir --nn-build-step=optimizer=adamax 2>&1 | FileCheck %s --check-prefix=OPTIMIZER
// RUN: not plimsoll-opt %t/good.mlir --nn-build-step=clip=norm:0 2>&1 | FileCheck %s --check-prefix=CLIP
// RUN: not plimsoll-opt %t/good.mlir --nn-build-step=accumulate=0 2>&1 | FileCheck %s --check-prefix=ACCUMULATE
// RUN: not plimsoll-opt %t/good.mlir --nn-build-step=scale-rule=nn.compare 2>&1 | FileCheck %s --check-prefix=RULE

//--- none.mlir
// expected-error @+1 {{the module has no function @forward}}
module {}

//--- scalar.mlir
// expected-error @+1 {{the first result of @forward must be a scalar loss; attach one with --loss}}
module {
  func.func @forward(%x: tensor<2xf32>) -> tensor<2xf32> {
    return %x : tensor<2xf32>
  }
}

//--- nothing.mlir
// expected-error @+1 {{nothing to train: the loss reads no trainable parameter}}
module {
  nn.parameter @w : tensor<f32>
  func.func @forward() -> tensor<f32> {
    %w = nn.load @w : tensor<f32>
    return %w : tensor<f32>
  }
}

//--- unreached.mlir
// All of them at once: one is only compared, the other only rounded.
// UNREACHED: error: no gradient of the loss reaches these parameters; freeze them with --freeze=REGEX:
// UNREACHED-NEXT: compared
// UNREACHED-NEXT: rounded
module {
  nn.parameter @w : tensor<f32> {trainable}
  nn.parameter @compared : tensor<f32> {trainable}
  nn.parameter @rounded : tensor<f32> {trainable}
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

//--- rules.mlir
// Gradients of gradients have no rules: each op is told, by the user's name.
module {
  nn.parameter @w : tensor<2xf32> {trainable}
  func.func @forward(%x: tensor<2xf32>) -> tensor<f32> {
    %w = nn.load @w : tensor<2xf32>
    // RULES-DAG: error: {{.*}}'nn.tanh_grad' has no gradient rule (node 'first'); freeze what lies behind it with --freeze
    %a = nn.tanh_grad %w, %x : tensor<2xf32>, tensor<2xf32> loc("first")
    // RULES-DAG: error: {{.*}}'nn.softmax_grad' has no gradient rule (node 'second')
    %b = nn.softmax_grad %a, %x : tensor<2xf32>, tensor<2xf32> loc("second")
    %s = nn.reduce_sum %b {axes = array<i64: 0>} : tensor<2xf32>
    return %s : tensor<f32>
  }
}

//--- good.mlir
// OPTIMIZER: error: unknown optimizer 'adamax', expected adamw, adam, sgd, lion, adagrad or rmsprop
// CLIP: error: clip=norm:0: expected norm:1.0 or value:0.5
// ACCUMULATE: error: accumulate=0: expected a positive number
// RULE: error: no gradient rule of 'nn.compare'
module {
  nn.parameter @w : tensor<f32> {trainable}
  func.func @forward() -> tensor<f32> {
    %w = nn.load @w : tensor<f32>
    return %w : tensor<f32>
  }
}
