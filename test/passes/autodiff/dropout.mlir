// RUN: plimsoll-opt %s --nn-build-step=optimizer=sgd 2>&1 | FileCheck %s

nn.parameter @w : tensor<4xf32> {trainable}

// Training draws from the step's scalars, and the gradient draws the same numbers; evaluation has
// no dropout, but other ops that draw random numbers stay.
// CHECK: remark: training drops elements at 1 place, evaluation nowhere: fc.drop [node_drop] (0.25)
// CHECK-LABEL: func.func @train
// CHECK-SAME:    %[[X:.*]]: tensor<2x4xf32>, %[[HYPER:.*]]: tensor<16xf32> {nn.name = "hyper", nn.role = "hyper"}
// CHECK:         nn.random normal %[[HYPER]] {stream = 4 : i32}
// CHECK:         nn.dropout %{{.*}}, %[[HYPER]] {p = 2.500000e-01 : f64, stream = 3 : i32}
// CHECK:         %[[DY:.*]] = nn.broadcast
// CHECK:         nn.dropout %[[DY]], %[[HYPER]] {p = 2.500000e-01 : f64, stream = 3 : i32}
// CHECK-LABEL: func.func @evaluate
// CHECK-SAME:    %[[HYPER:[a-z0-9]*]]: tensor<16xf32> {nn.name = "hyper", nn.role = "hyper"}
// CHECK:         nn.random normal %[[HYPER]]
// CHECK-NOT:     nn.dropout
func.func @forward(%x: tensor<2x4xf32>) -> tensor<f32> {
  %w = nn.load @w : tensor<4xf32>
  %noise = nn.random normal {stream = 4 : i32} : () -> tensor<4xf32>
  %moved = nn.add %x, %noise : tensor<2x4xf32>, tensor<4xf32>
  %y = nn.mul %moved, %w : tensor<2x4xf32>, tensor<4xf32>
  %d = nn.dropout %y {stream = 3 : i32, p = 0.25 : f64} : tensor<2x4xf32> loc("node_drop"("fc.drop"))
  %loss = nn.reduce_sum %d {axes = array<i64: 0, 1>} : tensor<2x4xf32>
  return %loss : tensor<f32>
}
