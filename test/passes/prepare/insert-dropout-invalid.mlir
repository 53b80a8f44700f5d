// RUN: plimsoll-opt %s --nn-insert-dropout="rules=h\.0\.mpl=0.1" -verify-diagnostics
// RUN: not plimsoll-opt %s --nn-insert-dropout="rules=h.*=1.5" 2>&1 | FileCheck %s
// RUN: not plimsoll-opt %s --nn-insert-dropout="rules=h.(=0.1" 2>&1 | FileCheck %s --check-prefix=REGEX

// CHECK: error: --dropout=h.*=1.5: expected REGEX=p with 0 < p < 1
// REGEX: error: --dropout=h.(=0.1: expected REGEX=p with 0 < p < 1; the expression: parentheses not balanced

// expected-error @+1 {{--dropout=h\.0\.mpl=0.1: no node or module has a name that the expression matches as a whole; near are h.0.mlp, h.0, h.1.mlp, h, h.1}}
func.func @forward(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = nn.tanh %x : tensor<4xf32> loc("node_tanh"("h.0.mlp"))
  %1 = nn.tanh %0 : tensor<4xf32> loc("node_tanh_1"("h.1.mlp"))
  return %1 : tensor<4xf32>
}
