// RUN: split-file %s %t
// RUN: plimsoll-opt %t/none.mlir --nn-form-launches --choose-kernels --plan-memory -verify-diagnostics
// RUN: not plimsoll-opt %t/step.mlir --nn-form-launches --choose-kernels --plan-memory=budget=1000 2>&1 | FileCheck %s
// RUN: not plimsoll-opt %t/step.mlir --nn-form-launches --choose-kernels --plan-memory=effort=heroic 2>&1 | FileCheck %s --check-prefix=EFFORT

//--- none.mlir
// expected-error @+1 {{the module has no timeline: no function has the attribute nn.timeline}}
module {}

//--- step.mlir
// The refusal has the smallest plan, the bound, the launch at the peak, and the values alive there.
// CHECK: error: no plan fits in 1000 bytes (0.0 MiB)
// CHECK-NEXT: smallest plan found: [[SMALLEST:[0-9]+]] bytes (0.0 MiB); no plan can be below {{[0-9]+}} bytes (proven)
// CHECK-NEXT: the binding launch is {{[0-9]+}} of {{[0-9]+}}, {{.*}}, where these are alive:
// CHECK-NEXT: 0.0 MiB   parameters, optimizer state and constants
// CHECK-NEXT: 0.0 MiB   other values, of which the largest are:
// EFFORT: error: unknown effort 'heroic', expected fast, normal or max
module {
  func.func @train(%x: tensor<16x16xf32>) -> tensor<16x16xf32> attributes {nn.timeline = #nn.timeline<train>} {
    %a = nn.tanh %x : tensor<16x16xf32>
    %b = nn.transpose %a {permutation = array<i64: 1, 0>} : tensor<16x16xf32>
    return %b : tensor<16x16xf32>
  }
}
