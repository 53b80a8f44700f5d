// RUN: plimsoll-opt %s --nn-form-launches --choose-kernels --plan-memory | FileCheck %s
// RUN: plimsoll-opt %s --nn-form-launches --choose-kernels --plan-memory=budget=1408 | FileCheck %s --check-prefix=TIGHT

// Two timelines share the resident bytes: @w has the same place in both. The update
// writes in place, to the bytes of w; tanh overwrites its operand.
// CHECK: module attributes {plan.arena = [[ARENA:[0-9]+]] : i64, plan.machine = #plan.machine<threads = 1, alignment = 64>}
// TIGHT: module attributes {plan.arena = {{[0-9]+}} : i64,
nn.parameter @w : tensor<8x8xf32> {trainable}

// CHECK-LABEL: func.func @train(%arg0: tensor<4x8xf32> {plan.place = #plan.place<offset = {{[0-9]+}}, bytes = 128>}
// CHECK:         nn.load @w {plan.place = #plan.place<offset = [[W:[0-9]+]], bytes = 256>}
// CHECK:         nn.launch(%arg0, %{{.*}}) {plan.launch = #plan.launch<seconds = {{.*}}>, plan.places = [#plan.place<offset = [[Y:[0-9]+]], bytes = 128>]}
// CHECK:           nn.matmul
// CHECK:         nn.launch({{.*}}plan.places = [#plan.place<offset = [[Y]], bytes = 128>]}
// CHECK:           nn.tanh
// CHECK:         nn.launch({{.*}}plan.places = [#plan.place<offset = [[W]], bytes = 256>]
// CHECK:           nn.sgd_plain
// CHECK:         nn.store
func.func @train(%x: tensor<4x8xf32>, %hyper: tensor<16xf32>) -> tensor<f32> attributes {nn.timeline = #nn.timeline<train>} {
  %w = nn.load @w : tensor<8x8xf32>
  %y = nn.matmul %x, %w : tensor<4x8xf32>, tensor<8x8xf32>
  %h = nn.tanh %y : tensor<4x8xf32>
  %flat = nn.reshape %h : tensor<4x8xf32> to tensor<32xf32>
  %loss = nn.reduce_sum %flat {axes = array<i64: 0>} : tensor<32xf32>
  %d = nn.tanh_grad %x, %h : tensor<4x8xf32>, tensor<4x8xf32>
  %dw = nn.matmul %x, %d {transpose_a} : tensor<4x8xf32>, tensor<4x8xf32>
  %w1 = nn.sgd_plain %w, %dw, %hyper : tensor<8x8xf32>, tensor<16xf32>
  nn.store %w1, @w : tensor<8x8xf32>
  return %loss : tensor<f32>
}

// CHECK-LABEL: func.func @evaluate
// CHECK:         nn.load @w {plan.place = #plan.place<offset = [[W]], bytes = 256>}
func.func @evaluate(%x: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {nn.timeline = #nn.timeline<evaluate>} {
  %w = nn.load @w : tensor<8x8xf32>
  %y = nn.matmul %x, %w : tensor<4x8xf32>, tensor<8x8xf32>
  return %y : tensor<4x8xf32>
}
