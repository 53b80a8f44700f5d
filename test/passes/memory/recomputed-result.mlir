// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-launches{fuse-loops=false}),choose-kernels,plan-memory{budget=20000},lower-to-exec,exec.program(exec-verify))' | FileCheck %s

// A result that is recomputed at the end: the last instance is kept.

// CHECK: exec.loop {{.*}} writes(%[[AGAIN:[0-9]+]]) {{.*}}recompute = 1
// CHECK: exec.kept %[[AGAIN]],
func.func @train(%x: tensor<1x64xf32> {nn.name = "x"}) -> (tensor<64x64xf32> {nn.name = "s"}, tensor<64xf32> {nn.name = "q"}) attributes {nn.timeline = #nn.timeline<train>} {
  %e = nn.exp %x : tensor<1x64xf32>
  %s = nn.broadcast %e : tensor<1x64xf32> to tensor<64x64xf32>
  %p = nn.reduce_sum %s {axes = array<i64: 0>} : tensor<64x64xf32>
  %n = nn.neg %p : tensor<64xf32>
  %b = nn.broadcast %n : tensor<64xf32> to tensor<64x64xf32>
  %c = nn.exp %b : tensor<64x64xf32>
  %q = nn.reduce_sum %c {axes = array<i64: 0>} : tensor<64x64xf32>
  return %s, %q : tensor<64x64xf32>, tensor<64xf32>
}
