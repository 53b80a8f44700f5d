// RUN: split-file %s %t
// RUN: plimsoll-opt %t/none.mlir --nn-build-step -verify-diagnostics
// RUN: plimsoll-opt %t/scalar.mlir --nn-build-step -verify-diagnostics
// RUN: plimsoll-opt %t/nothing.mlir --nn-build-step -verify-diagnostics
// RUN: plimsoll-opt %t/unreached.mlir --nn-build-step -verify-diagnostics
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
// The one parameter is only compared.
// expected-error @+1 {{nothing to train: no gradient of the loss reaches any parameter:}}
module {
  // expected-note @+1 {{compared}}
  nn.parameter @compared : tensor<f32> {trainable}
  func.func @forward(%x: tensor<f32>) -> tensor<f32> {
    %c = nn.load @compared : tensor<f32>
    %p = nn.compare lt %x, %c : tensor<f32>, tensor<f32>
    %s = nn.select %p, %x, %x : tensor<i1>, tensor<f32>, tensor<f32>
    return %s : tensor<f32>
  }
}

//--- rules.mlir
// Gradients of gradients have no rules: each op is reported, by the user's name.
module {
  nn.parameter @w : tensor<2xf32> {trainable}
  func.func @forward(%x: tensor<2xf32>) -> tensor<f32> {
    %w = nn.load @w : tensor<2xf32>
    // RULES-DAG: error: {{.*}}'nn.tanh_grad' has no gradient rule (node 'first'); freeze what lies behind it with --freeze
    %a = nn.tanh_grad %w, %x : tensor<2xf32>, tensor<2xf32> loc("first")
    // RULES-DAG: error: {{.*}}'nn.softmax_grad' has no gradient rule (node 'second')
    %b = nn.softmax_grad %a, %x : tensor<2xf32>, tensor<2xf32> loc("second")
    // Without the name of a node, none is shown.
    // RULES-DAG: error: {{.*}}'nn.gelu_grad' has no gradient rule; freeze what lies behind it
    %c = nn.gelu_grad %b, %x : tensor<2xf32>, tensor<2xf32>
    %s = nn.reduce_sum %c {axes = array<i64: 0>} : tensor<2xf32>
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
