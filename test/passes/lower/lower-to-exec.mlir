// RUN: plimsoll-opt %s --lower-to-exec | FileCheck %s
// RUN: plimsoll-opt %s --lower-to-exec | plimsoll-opt --pass-pipeline='builtin.module(exec.program(exec-verify))'

module attributes {plan.arena = 4096 : i64, plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  nn.parameter @w : tensor<8x8xf32> {trainable, plan.place = #plan.place<offset = 0, bytes = 256>}

  // Arguments, loads and placed constants are slices before the first launch.
  // CHECK-LABEL: exec.program @train arena(4096) threads(2)
  // CHECK-SAME:    result_offsets = array<i64: 1280>, results = ["loss"]
  // CHECK:         %[[X:.*]] = exec.slice "x" input at 256 {{.*}}: <f32, 32>
  // CHECK:         %[[HYPER:.*]] = exec.slice "hyper" input at 384 {{.*}}role = "hyper"
  // CHECK:         %[[W:.*]] = exec.slice "w" parameter at 0 : <f32, 64>
  // CHECK:         %[[MASK:.*]] = exec.slice "constant" constant at 448 {{.*}}: <f32, 8>
  // CHECK:         exec.given %[[X]], %[[HYPER]], %[[W]], %[[MASK]]
  func.func @train(%x: tensor<4x8xf32> {nn.name = "x", nn.role = "input", plan.place = #plan.place<offset = 256, bytes = 128>},
                   %hyper: tensor<16xf32> {nn.name = "hyper", nn.role = "hyper", plan.place = #plan.place<offset = 384, bytes = 64>})
      -> (tensor<f32> {nn.name = "loss"}) attributes {nn.timeline = #nn.timeline<train>} {
    %w = nn.load @w {plan.place = #plan.place<offset = 0, bytes = 256>} : tensor<8x8xf32>
    %mask = nn.constant {plan.place = #plan.place<offset = 448, bytes = 32>} dense<[1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]> : tensor<8xf32>
    %half = nn.constant dense<0.5> : tensor<f32>

    // A matrix product is a kernel with its scratch.
    // CHECK:       %[[Y:.*]] = exec.slice "matmul" activation at 512 : <f32, 32>
    // CHECK:       %[[S:.*]] = exec.slice "workspace" workspace at 640 : <i8, 100>
    // CHECK:       exec.call "matmul" reads(%[[X]], %[[W]]) writes(%[[Y]], %[[S]]) {{.*}}workspace
    %y = nn.launch(%x, %w) {plan.places = [#plan.place<offset = 512, bytes = 128>], plan.workspace = #plan.place<offset = 640, bytes = 100>} : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32> {
    ^bb0(%a: tensor<4x8xf32>, %b: tensor<8x8xf32>):
      %r = nn.matmul %a, %b : tensor<4x8xf32>, tensor<8x8xf32>
      nn.yield %r : tensor<4x8xf32>
    }

    // An elementwise op is a loop: a broadcast operand has a stride of 0, a constant number is
    // in the body.
    // CHECK:       %[[M:.*]] = exec.slice "mul" activation at 512 : <f32, 32>
    // CHECK:       exec.loop domain [4, 8] reads(%[[Y]], %[[MASK]]) writes(%[[M]]) strides {{\[\[}}8, 1], [0, 1], [8, 1]] {may_alias = array<i64: 0, 0>}
    // CHECK:         arith.mulf
    %m = nn.launch(%y, %mask) {plan.places = [#plan.place<offset = 512, bytes = 128>]} : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32> {
    ^bb0(%a: tensor<4x8xf32>, %b: tensor<8xf32>):
      %r = nn.mul %a, %b : tensor<4x8xf32>, tensor<8xf32>
      nn.yield %r : tensor<4x8xf32>
    }
    // CHECK:       exec.loop domain [32] reads(%[[M]]) writes(%[[H:[0-9]+]]) strides {{\[\[}}1], [1]]
    // CHECK:       ^bb0(%[[E:.*]]: f32):
    // CHECK:         arith.constant 5.000000e-01 : f32
    // CHECK:         arith.mulf
    %h = nn.launch(%m, %half) {plan.places = [#plan.place<offset = 1024, bytes = 128>]} : (tensor<4x8xf32>, tensor<f32>) -> tensor<4x8xf32> {
    ^bb0(%a: tensor<4x8xf32>, %b: tensor<f32>):
      %r = nn.mul %a, %b : tensor<4x8xf32>, tensor<f32>
      nn.yield %r : tensor<4x8xf32>
    }

    // A view has its operand's slice; a sum names the dimensions that it reduces.
    // CHECK:       exec.loop domain [32] reads(%[[H]]) writes(%{{.*}}) strides {{\[\[}}1], [0]] {reduced = array<i64: 0>}
    %flat = nn.reshape %h : tensor<4x8xf32> to tensor<32xf32>
    %loss = nn.launch(%flat) {plan.places = [#plan.place<offset = 1280, bytes = 4>]} : (tensor<32xf32>) -> tensor<f32> {
    ^bb0(%a: tensor<32xf32>):
      %r = nn.reduce_sum %a {axes = array<i64: 0>} : tensor<32xf32>
      nn.yield %r : tensor<f32>
    }

    // A recomputed launch has the number of its instance.
    // CHECK:       recompute = 1
    %again = nn.launch(%h, %half) {plan.recompute = 1 : i64, plan.places = [#plan.place<offset = 1536, bytes = 128>]} : (tensor<4x8xf32>, tensor<f32>) -> tensor<4x8xf32> {
    ^bb0(%a: tensor<4x8xf32>, %b: tensor<f32>):
      %r = nn.mul %a, %b : tensor<4x8xf32>, tensor<f32>
      nn.yield %r : tensor<4x8xf32>
    }
    %dw = nn.launch(%x, %again) {plan.places = [#plan.place<offset = 2048, bytes = 256>]} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<8x8xf32> {
    ^bb0(%a: tensor<4x8xf32>, %b: tensor<4x8xf32>):
      %r = nn.matmul %a, %b {transpose_a} : tensor<4x8xf32>, tensor<4x8xf32>
      nn.yield %r : tensor<8x8xf32>
    }

    // An update makes the next version of the parameter's bytes, which is kept.
    // CHECK:       %[[W1:.*]] = exec.slice "w" parameter at 0 : <f32, 64>
    // CHECK:       exec.call "sgd{{.*}}" reads(%[[W]], {{.*}}) writes(%[[W1]]) {{.*}}overwrites
    // CHECK:       exec.kept {{.*}}%[[W1]]
    %w1 = nn.launch(%w, %dw, %hyper) {plan.places = [#plan.place<offset = 0, bytes = 256>]} : (tensor<8x8xf32>, tensor<8x8xf32>, tensor<16xf32>) -> tensor<8x8xf32> {
    ^bb0(%a: tensor<8x8xf32>, %b: tensor<8x8xf32>, %c: tensor<16xf32>):
      %r = nn.sgd_plain %a, %b, %c : tensor<8x8xf32>, tensor<16xf32>
      nn.yield %r : tensor<8x8xf32>
    }
    nn.store %w1, @w : tensor<8x8xf32>
    return %loss : tensor<f32>
  }
}
