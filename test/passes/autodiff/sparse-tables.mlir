// The gradient of a sparse table is kept by rows, and no tensor of its size is made but states.
// RUN: plimsoll-opt %s --nn-build-step | FileCheck %s
// RUN: plimsoll-opt %s --nn-build-step='optimizer=adam,state=bf16' | FileCheck %s --check-prefix=ADAM
// RUN: plimsoll-opt %s --nn-build-step='optimizer=sgd,weight-decay=0 clip=norm:0.5' | FileCheck %s --check-prefix=NORM
// RUN: plimsoll-opt %s --nn-build-step='optimizer=adagrad clip=value:0.5 accumulate=4' | FileCheck %s --check-prefix=MICRO

// The most rows that a step touches are recorded.
// CHECK: nn.parameter @table : tensor<100x4xf32> {decayed, sparse, touched_rows = 9 : i64, trainable}
// CHECK: nn.state @table.exp_avg : tensor<100x4xf32>
// CHECK: nn.state @table.exp_avg_sq : tensor<100x4xf32>
// CHECK: nn.state @table.decay_sums : tensor<101xf64> {of = @table, slot = "decay_sums"}
nn.parameter @table : tensor<100x4xf32> {trainable, decayed, sparse}
nn.parameter @w : tensor<4x4xf32> {trainable}

// Two lookups are one list; rows of the same number are added in its order.
// CHECK-LABEL: func.func @train
// CHECK-DAG:   %[[TABLE:.*]] = nn.load @table : tensor<100x4xf32>
// CHECK-DAG:   %[[ONE:.*]] = nn.gather %[[TABLE]], %arg0
// CHECK-DAG:   %[[TWO:.*]] = nn.gather %[[TABLE]], %arg1
// CHECK-NOT:   nn.gather_grad %
// CHECK-DAG:   %[[LIST:.*]] = nn.reshape %arg0 : tensor<2x3xi64> to tensor<6xi64>
// CHECK:       %[[I:.*]] = nn.concat %[[LIST]], %arg1 {axis = 0 : i64} : tensor<6xi64>, tensor<3xi64>
// CHECK:       %[[D:.*]] = nn.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<6x4xf32>, tensor<3x4xf32>
// CHECK:       %[[ROWS:.*]], %[[SUMS:.*]] = nn.gather_grad_rows %[[D]], %[[I]] {table_rows = 100 : i64}
// CHECK:       %[[NEW:.*]], %{{.*}}, %{{.*}}, %[[DECAY:.*]] = nn.adamw_rows %[[TABLE]], %[[SUMS]] at %[[ROWS]], %{{.*}}, %{{.*}}, %arg2 decays %{{.*}} {{.*}}decayed
// CHECK:       nn.store %[[NEW]], @table
// CHECK:       nn.store %[[DECAY]], @table.decay_sums
// CHECK:       nn.adamw %
// CHECK-LABEL: func.func @evaluate
// CHECK-NOT:   nn.gather_grad_rows

// Without a decay there are no sums of it.
// ADAM: nn.parameter @table : tensor<100x4xf32> {sparse, touched_rows = 9 : i64, trainable}
// ADAM-NOT: decay_sums
// ADAM: nn.adam_rows %{{.*}} at %{{.*}}, %{{.*}}, %{{.*}}, %arg2 {beta1 = {{.*}}} : tensor<100x4xf32>, tensor<9x4xf32> at tensor<9xi64>, tensor<100x4xbf16>, tensor<100x4xbf16>, tensor<16xf32>

// The norm is that of the rows.
// NORM: %[[ROWS:.*]], %[[SUMS:.*]] = nn.gather_grad_rows
// NORM: %[[A:.*]] = nn.sum_squares %[[SUMS]] : tensor<9x4xf32>
// NORM: %[[SCALE:.*]], %{{.*}} = nn.clip_by_norm %[[A]], %{{.*}}
// NORM: nn.sgd_plain_rows %{{.*}}, %[[SUMS]] at %[[ROWS]], %arg2 decays %{{.*}} clip %[[SCALE]] {decayed}

// The lookups of all micro-batches are kept, and their rows added up in the last one.
// MICRO-DAG: nn.state @table.gradient_rows : tensor<3x9x4xf32> {of = @table, slot = "gradient_rows", transient}
// MICRO-DAG: nn.state @table.gradient_row_numbers : tensor<3x9xi64> {of = @table, slot = "gradient_row_numbers", transient}
// MICRO-LABEL: func.func @train
// MICRO: %[[KEPT:.*]] = nn.load @table.gradient_rows : tensor<3x9x4xf32>
// MICRO: %[[LIST:.*]] = nn.reshape %[[KEPT]] : tensor<3x9x4xf32> to tensor<27x4xf32>
// MICRO: nn.concat %[[LIST]], %{{.*}} {axis = 0 : i64} : tensor<27x4xf32>, tensor<9x4xf32>
// MICRO: nn.concat %{{.*}} {axis = 0 : i64} : tensor<27xi64>, tensor<9xi64>
// MICRO: %[[ROWS:.*]], %[[SUMS:.*]] = nn.gather_grad_rows %{{.*}}, %{{.*}} {table_rows = 100 : i64} : tensor<36x4xf32>, tensor<36xi64>
// MICRO: %[[MEAN:.*]] = nn.mul %[[SUMS]], %{{.*}} : tensor<36x4xf32>, tensor<f32>
// MICRO: nn.adagrad_rows %{{.*}}, %[[MEAN]] at %[[ROWS]], %{{.*}}, %arg2 {clip_value = 5.000000e-01 : f64, epsilon
// MICRO-LABEL: func.func @accumulate
// MICRO: nn.keep_micro_batch %{{.*}} : tensor<3x9x4xf32>, tensor<9x4xf32>, tensor<16xf32>
// MICRO: nn.store %{{.*}}, @table.gradient_rows
// MICRO: nn.keep_micro_batch
// MICRO: nn.store %{{.*}}, @table.gradient_row_numbers
// MICRO-NOT: nn.gather_grad
func.func @forward(%i: tensor<2x3xi64>, %j: tensor<3xi64>) -> tensor<f32> {
  %table = nn.load @table : tensor<100x4xf32>
  %w = nn.load @w : tensor<4x4xf32>
  %one = nn.gather %table, %i {axis = 0 : i64} : tensor<100x4xf32>, tensor<2x3xi64>
  %two = nn.gather %table, %j {axis = 0 : i64} : tensor<100x4xf32>, tensor<3xi64>
  %x = nn.mul %one, %two : tensor<2x3x4xf32>, tensor<3x4xf32>
  %flat = nn.reshape %x : tensor<2x3x4xf32> to tensor<6x4xf32>
  %y = nn.matmul %flat, %w : tensor<6x4xf32>, tensor<4x4xf32>
  %loss = nn.reduce_sum %y {axes = array<i64: 0, 1>} : tensor<6x4xf32>
  return %loss : tensor<f32>
}
