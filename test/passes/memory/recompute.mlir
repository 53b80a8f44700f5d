// RUN: plimsoll-opt %s --nn-form-launches=fuse-loops=false --choose-kernels --plan-memory | FileCheck %s --check-prefix=FREE
// RUN: plimsoll-opt %s --nn-form-launches=fuse-loops=false --choose-kernels --plan-memory=budget=4864 | FileCheck %s
// RUN: not plimsoll-opt %s --nn-form-launches=fuse-loops=false --choose-kernels --plan-memory='budget=4864 recompute=false' 2>&1 | FileCheck %s --check-prefix=NEVER

// Three cheap values are needed twice, before and after a value of their size. Without a budget
// nothing is computed twice; with one, values are recomputed from %x and marked.
// FREE-NOT: plan.recompute
// CHECK: plan.recompute = 1
// NEVER: no plan fits in 4864 bytes
func.func @train(%x: tensor<16x16xf32>) -> tensor<f32> attributes {nn.timeline = #nn.timeline<train>} {
  %a = nn.tanh %x : tensor<16x16xf32>
  %b = nn.exp %x : tensor<16x16xf32>
  %c = nn.sin %x : tensor<16x16xf32>
  %ab = nn.matmul %a, %b : tensor<16x16xf32>, tensor<16x16xf32>
  %abc = nn.matmul %ab, %c : tensor<16x16xf32>, tensor<16x16xf32>
  %t = nn.transpose %abc {permutation = array<i64: 1, 0>} : tensor<16x16xf32>
  %1 = nn.matmul %t, %a : tensor<16x16xf32>, tensor<16x16xf32>
  %2 = nn.matmul %1, %b : tensor<16x16xf32>, tensor<16x16xf32>
  %3 = nn.matmul %2, %c : tensor<16x16xf32>, tensor<16x16xf32>
  %s = nn.reduce_sum %3 {axes = array<i64: 0, 1>} : tensor<16x16xf32>
  return %s : tensor<f32>
}
