// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-launches),choose-kernels,plan-memory,lower-to-exec,exec.program(exec-verify))' | FileCheck %s

// An argument that is also a result must not be overwritten by its last reader, and is alive even
// in a timeline without launches.

// CHECK-LABEL: exec.program @train
// CHECK: exec.slice "x" input at [[X:[0-9]+]] {
// CHECK-NOT: activation at [[X]] :
// CHECK: exec.kept
func.func @train(%x: tensor<64xf32> {nn.name = "x"}) -> (tensor<64xf32> {nn.name = "same"}, tensor<64xf32> {nn.name = "y"}) attributes {nn.timeline = #nn.timeline<train>} {
  %y = nn.neg %x : tensor<64xf32>
  return %x, %y : tensor<64xf32>, tensor<64xf32>
}

// CHECK-LABEL: exec.program @evaluate evaluate
// CHECK: exec.kept
func.func @evaluate(%x: tensor<64xf32> {nn.name = "x"}) -> (tensor<64xf32> {nn.name = "y"}) attributes {nn.timeline = #nn.timeline<evaluate>} {
  return %x : tensor<64xf32>
}
