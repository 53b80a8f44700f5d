// RUN: split-file %s %t
// RUN: plimsoll-opt %t/readers.mlir --nn-build-step -verify-diagnostics
// RUN: plimsoll-opt %t/frozen.mlir --nn-build-step -verify-diagnostics
// RUN: plimsoll-opt %t/small.mlir --nn-build-step -verify-diagnostics -o /dev/null
// RUN: not plimsoll-opt %t/good.mlir --nn-build-step=optimizer=lion 2>&1 | FileCheck %s --check-prefix=LION
// RUN: not plimsoll-opt %t/good.mlir --nn-build-step=optimizer=sgd,momentum=0.9 2>&1 | FileCheck %s --check-prefix=MOMENTUM
// RUN: not plimsoll-opt %t/good.mlir --nn-build-step=optimizer=adagrad,weight-decay=0.1 2>&1 | FileCheck %s --check-prefix=DECAY
// RUN: not plimsoll-opt %t/good.mlir --nn-build-step=optimizer=adamw,state=8bit 2>&1 | FileCheck %s --check-prefix=CODES
// RUN: not plimsoll-opt %t/good.mlir --nn-build-step=keep-gradients 2>&1 | FileCheck %s --check-prefix=KEEP
// LION: error: parameter 'table' cannot be sparse: lion moves every row in every step; use adamw, adam, adagrad or sgd without momentum
// MOMENTUM: error: parameter 'table' cannot be sparse: sgd with momentum moves every row in every step; use adamw, adam, adagrad or sgd without momentum
// DECAY: error: parameter 'table' cannot be sparse: weight decay of adagrad is a gradient of every row; use adamw, weight-decay=0, or --no-decay with this parameter
// CODES: error: parameter 'table' cannot be sparse: state=8bit keeps blocks of numbers that do not end where rows do; use state=bf16 or f32
// KEEP: error: parameter 'table' is sparse: its whole gradient, which --keep-gradients asks for, is never made; leave one of the two options out

//--- good.mlir
nn.parameter @table : tensor<100x4xf32> {trainable, decayed, sparse}
func.func @forward(%i: tensor<6xi64>) -> tensor<f32> {
  %table = nn.load @table : tensor<100x4xf32>
  %x = nn.gather %table, %i {axis = 0 : i64} : tensor<100x4xf32>, tensor<6xi64>
  %loss = nn.reduce_sum %x {axes = array<i64: 0, 1>} : tensor<6x4xf32>
  return %loss : tensor<f32>
}

//--- readers.mlir
// A head that is tied to the table, and a lookup of columns: each is named.
// expected-error @+2 {{parameter 'table' cannot be sparse: besides lookups of its rows 'nn.matmul' (node 'head') reads it, whose gradient has all rows; make --sparse narrower, or do not tie the weights in the model}}
// expected-error @+1 {{parameter 'table' cannot be sparse: besides lookups of its rows 'nn.gather' (node 'columns') reads it}}
nn.parameter @table : tensor<100x4xf32> {trainable, sparse}
func.func @forward(%i: tensor<6xi64>, %j: tensor<4xi64>) -> tensor<f32> {
  %table = nn.load @table : tensor<100x4xf32>
  %x = nn.gather %table, %i {axis = 0 : i64} : tensor<100x4xf32>, tensor<6xi64>
  %c = nn.gather %table, %j {axis = 1 : i64} : tensor<100x4xf32>, tensor<4xi64> loc("columns")
  %y = nn.matmul %x, %c {transpose_b} : tensor<6x4xf32>, tensor<100x4xf32>
  %z = nn.matmul %x, %table {transpose_b} : tensor<6x4xf32>, tensor<100x4xf32> loc("head")
  %s = nn.add %y, %z : tensor<6x100xf32>, tensor<6x100xf32>
  %loss = nn.reduce_sum %s {axes = array<i64: 0, 1>} : tensor<6x100xf32>
  return %loss : tensor<f32>
}

//--- frozen.mlir
// expected-error @+1 {{parameter 'table' is not trained (--freeze), so it has no gradient that could be sparse; make --sparse narrower, or train it with --trainable}}
nn.parameter @table : tensor<100x4xf32> {sparse, reason = "--freeze"}
nn.parameter @w : tensor<4xf32> {trainable}
func.func @forward(%i: tensor<6xi64>) -> tensor<f32> {
  %table = nn.load @table : tensor<100x4xf32>
  %w = nn.load @w : tensor<4xf32>
  %x = nn.gather %table, %i {axis = 0 : i64} : tensor<100x4xf32>, tensor<6xi64>
  %y = nn.mul %x, %w : tensor<6x4xf32>, tensor<4xf32>
  %loss = nn.reduce_sum %y {axes = array<i64: 0, 1>} : tensor<6x4xf32>
  return %loss : tensor<f32>
}

//--- small.mlir
// expected-warning @+1 {{a step looks up 6 rows of parameter 'table', which has 6: a dense gradient is not larger; leave it out of --sparse}}
nn.parameter @table : tensor<6x4xf32> {trainable, sparse}
func.func @forward(%i: tensor<6xi64>) -> tensor<f32> {
  %table = nn.load @table : tensor<6x4xf32>
  %x = nn.gather %table, %i {axis = 0 : i64} : tensor<6x4xf32>, tensor<6xi64>
  %loss = nn.reduce_sum %x {axes = array<i64: 0, 1>} : tensor<6x4xf32>
  return %loss : tensor<f32>
}
