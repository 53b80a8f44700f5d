// RUN: split-file %s %t
// RUN: plimsoll-opt %t/none.mlir --nn-form-launches --choose-kernels --plan-memory -verify-diagnostics
// RUN: not plimsoll-opt %t/step.mlir --nn-form-launches --choose-kernels --plan-memory=effort=heroic 2>&1 | FileCheck %s --check-prefix=EFFORT

//--- none.mlir
// expected-error @+1 {{the module has no timeline: no function has the attribute nn.timeline}}
module {}

//--- step.mlir
// EFFORT: error: unknown effort 'heroic', expected fast, normal or max
module {
  func.func @train(%x: tensor<16x16xf32>) -> tensor<16x16xf32> attributes {nn.timeline = #nn.timeline<train>} {
    %a = nn.tanh %x : tensor<16x16xf32>
    %b = nn.transpose %a {permutation = array<i64: 1, 0>} : tensor<16x16xf32>
    return %b : tensor<16x16xf32>
  }
}
