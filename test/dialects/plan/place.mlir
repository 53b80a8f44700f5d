// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// CHECK: module attributes {plan.arena = 8192 : i64}
module attributes {plan.arena = 8192 : i64} {
  // CHECK: func.func @train(%{{.*}}: tensor<4xf32> {plan.place = #plan.place<offset = 0, bytes = 16>})
  func.func @train(%x: tensor<4xf32> {plan.place = #plan.place<offset = 0, bytes = 16>}) {
    // CHECK: nn.tanh %{{.*}} {plan.places = [#plan.place<offset = 64, bytes = 16>], plan.recompute = 1 : i64}
    %y = nn.tanh %x {plan.places = [#plan.place<offset = 64, bytes = 16>],
                     plan.recompute = 1 : i64} : tensor<4xf32>
    return
  }
}
