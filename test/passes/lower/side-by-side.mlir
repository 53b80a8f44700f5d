// Updates side by side are one call: all parameters, all gradients, then what they share. What a launch does
// is recorded if its time is predicted.
//
// RUN: plimsoll-opt %s --lower-to-exec | FileCheck %s
// RUN: plimsoll-opt %s --lower-to-exec | plimsoll-opt --pass-pipeline='builtin.module(exec.program(exec-verify))'

module attributes {plan.arena = 1024 : i64, plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  nn.parameter @a : tensor<64xf32> {trainable, plan.place = #plan.place<offset = 0, bytes = 256>}
  nn.parameter @b : tensor<4x8xf32> {trainable, plan.place = #plan.place<offset = 256, bytes = 128>}

  // CHECK-LABEL: exec.program @train
  // CHECK:         %[[G:.*]] = exec.slice "ga" input at 384
  // CHECK:         %[[F:.*]] = exec.slice "gb" input at 640
  // CHECK:         %[[H:.*]] = exec.slice "hyper" input at 768
  // CHECK:         %[[A:.*]] = exec.slice "a" parameter at 0
  // CHECK:         %[[B:.*]] = exec.slice "b" parameter at 256
  // CHECK:         %[[B1:.*]] = exec.slice "b" parameter at 256
  // CHECK:         %[[A1:.*]] = exec.slice "a" parameter at 0
  // CHECK:         exec.call "sgd_plain" reads(%[[A]], %[[G]], %[[H]], %[[B]], %[[F]]) writes(%[[B1]], %[[A1]]) buffers [0, 3, 1, 4, 2] sizes [1, 64, 32]
  // CHECK-SAME:    {may_alias = array<i64: 0, 3, 1, 0>, overwrites, work = #exec.work<flops = 288, bytes = 1216, seconds = 2.000000e-06 : f64>}
  // CHECK:         exec.kept %[[A1]], %[[B1]]
  func.func @train(%ga: tensor<64xf32> {nn.name = "ga", nn.role = "input", plan.place = #plan.place<offset = 384, bytes = 256>},
                   %gb: tensor<4x8xf32> {nn.name = "gb", nn.role = "input", plan.place = #plan.place<offset = 640, bytes = 128>},
                   %hyper: tensor<16xf32> {nn.name = "hyper", nn.role = "hyper", plan.place = #plan.place<offset = 768, bytes = 64>})
      attributes {nn.timeline = #nn.timeline<train>} {
    %a = nn.load @a {plan.place = #plan.place<offset = 0, bytes = 256>} : tensor<64xf32>
    %b = nn.load @b {plan.place = #plan.place<offset = 256, bytes = 128>} : tensor<4x8xf32>
    %new:2 = nn.launch(%a, %ga, %hyper, %b, %gb) {
        plan.launch = #plan.launch<kernel = "sgd_plain", seconds = 2.0e-06 : f64>,
        plan.places = [#plan.place<offset = 256, bytes = 128>, #plan.place<offset = 0, bytes = 256>]}
        : (tensor<64xf32>, tensor<64xf32>, tensor<16xf32>, tensor<4x8xf32>, tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<64xf32>) {
    ^bb0(%0: tensor<64xf32>, %1: tensor<64xf32>, %2: tensor<16xf32>, %3: tensor<4x8xf32>, %4: tensor<4x8xf32>):
      %5 = nn.sgd_plain %0, %1, %2 {decayed} : tensor<64xf32>, tensor<16xf32>
      %6 = nn.sgd_plain %3, %4, %2 {decayed} : tensor<4x8xf32>, tensor<16xf32>
      nn.yield %6, %5 : tensor<4x8xf32>, tensor<64xf32>
    }
    nn.store %new#1, @a : tensor<64xf32>
    nn.store %new#0, @b : tensor<4x8xf32>
    return
  }
}
