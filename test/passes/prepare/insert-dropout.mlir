// RUN: plimsoll-opt %s --nn-insert-dropout="rules=h\.0\.mlp=0.1,last=0.5" | FileCheck %s

// A dropout follows each value that leaves the module or node, and no other: once, whatever reads
// it, even if it is a result. Integers have none.
// CHECK-LABEL: func.func @forward
func.func @forward(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xi64>) {
  // CHECK:      %[[INNER:.*]] = nn.exp %arg0
  // CHECK-NEXT: %[[Y:.*]] = nn.tanh %[[INNER]]
  // CHECK-NEXT: %[[D:.*]] = nn.dropout %[[Y]] {p = 1.000000e-01 : f64, stream = 0 : i32}
  %0 = nn.exp %x : tensor<4xf32> loc(#up)
  %1 = nn.tanh %0 : tensor<4xf32> loc(#down)
  // CHECK-NEXT: nn.cast %[[Y]] {to = i64}
  %2 = nn.cast %1 {to = i64} : tensor<4xf32> loc(#count)
  // CHECK-NEXT: %[[Z:.*]] = nn.add %[[D]], %[[D]]
  // CHECK-NEXT: %[[E:.*]] = nn.dropout %[[Z]] {p = 5.000000e-01 : f64, stream = 1 : i32}
  %3 = nn.add %1, %1 : tensor<4xf32>, tensor<4xf32> loc(#last)
  // CHECK:      return %[[D]], %[[E]]
  return %1, %3, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xi64>
}

#path = loc("h.0.mlp.up")
#outer = loc("h.0.mlp")
#up = loc("node_exp"("h.0.mlp.up"))
#down = loc("node_tanh"("h.0.mlp"))
#count = loc("node_cast"("h.0.mlp"))
#last = loc("last")
