// RUN: split-file %s %t
// RUN: plimsoll-opt %t/none.mlir --nn-attach-lora=modules=w -verify-diagnostics
// RUN: not plimsoll-opt %t/uses.mlir --nn-attach-lora='modules=. rank=4' 2>&1 | FileCheck %s
// RUN: not plimsoll-opt %t/uses.mlir --nn-attach-lora=modules=nothing 2>&1 | FileCheck %s --check-prefix=NOTHING

//--- none.mlir
// expected-error @+1 {{the module has no function @forward}}
module {}

//--- uses.mlir
// Everything that cannot be adapted is named at once.
// CHECK:      error: --lora names parameters that cannot be adapted; name others:
// CHECK-NEXT: 'table.weight': it is used by 'nn.gather', and only the right factor of a matrix product can be adapted
// CHECK-NEXT: 'left.weight': it is the left factor of 'nn.matmul', and only
// CHECK-NEXT: 'norm.weight': it has 1 dimensions, and adapters are products of two matrices
// CHECK-NEXT: 'narrow.weight': its smaller size is 3, less than the rank 4
// CHECK-NOT:  'fine
// NOTHING: error: --lora: 'nothing' matches no parameter; plimsoll compile MODEL --dry-run lists them
nn.parameter @table.weight : tensor<10x8xf32> {trainable}
nn.parameter @left.weight : tensor<8x8xf32> {trainable}
nn.parameter @norm.weight : tensor<8xf32> {trainable}
nn.parameter @narrow.weight : tensor<8x3xf32> {trainable}
nn.parameter @fine.weight : tensor<8x8xf32> {trainable}
nn.parameter @fine.bias : tensor<8xf32> {trainable}
nn.parameter @unused.weight : tensor<8xf32> {trainable}
func.func @forward(%ids: tensor<8xi64>) -> tensor<8x3xf32> {
  %t = nn.load @table.weight : tensor<10x8xf32>
  %l = nn.load @left.weight : tensor<8x8xf32>
  %n = nn.load @norm.weight : tensor<8xf32>
  %w = nn.load @narrow.weight : tensor<8x3xf32>
  %f = nn.load @fine.weight : tensor<8x8xf32>
  %b = nn.load @fine.bias : tensor<8xf32>
  %x = nn.gather %t, %ids {axis = 0 : i64} : tensor<10x8xf32>, tensor<8xi64>
  %0 = nn.matmul %l, %x : tensor<8x8xf32>, tensor<8x8xf32>
  %1 = nn.mul %0, %n : tensor<8x8xf32>, tensor<8xf32>
  %2 = nn.matmul %1, %f : tensor<8x8xf32>, tensor<8x8xf32>
  %3 = nn.add %2, %b : tensor<8x8xf32>, tensor<8xf32>
  %4 = nn.matmul %3, %w : tensor<8x8xf32>, tensor<8x3xf32>
  return %4 : tensor<8x3xf32>
}
