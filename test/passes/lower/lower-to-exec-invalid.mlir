// RUN: plimsoll-opt %s --lower-to-exec -split-input-file -verify-diagnostics

// expected-error @+1 {{the module has no plan; run plan-memory first}}
module {}

// -----

// expected-error @+1 {{no kernels are chosen; run choose-kernels first}}
module attributes {plan.arena = 64 : i64} {
}

// -----

module attributes {plan.arena = 64 : i64, plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  // expected-error @+1 {{argument 0 has no place; run plan-memory first}}
  func.func @train(%x: tensor<4xf32>) attributes {nn.timeline = #nn.timeline<train>} {
    return
  }
}

// -----

module attributes {plan.arena = 64 : i64, plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  nn.parameter @w : tensor<4xf32>
  func.func @train() attributes {nn.timeline = #nn.timeline<train>} {
    // expected-error @+1 {{has no place; run plan-memory first}}
    %w = nn.load @w : tensor<4xf32>
    return
  }
}

// -----

module attributes {plan.arena = 128 : i64, plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  func.func @train(%x: tensor<4xf32> {plan.place = #plan.place<offset = 0, bytes = 16>}) attributes {nn.timeline = #nn.timeline<train>} {
    // expected-error @+1 {{has no places; run plan-memory first}}
    %y = nn.launch(%x) : (tensor<4xf32>) -> tensor<4xf32> {
    ^bb0(%a: tensor<4xf32>):
      %b = nn.exp %a : tensor<4xf32>
      nn.yield %b : tensor<4xf32>
    }
    return
  }
}

// -----

// A constant with several numbers needs a place in the arena.
module attributes {plan.arena = 128 : i64, plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  func.func @train(%x: tensor<2xf32> {plan.place = #plan.place<offset = 0, bytes = 8>}) attributes {nn.timeline = #nn.timeline<train>} {
    // expected-note @+1 {{made here}}
    %c = nn.constant dense<[1.0, 2.0]> : tensor<2xf32>
    // expected-error @+1 {{operand 1 has no place}}
    %y = nn.launch(%x, %c) {plan.places = [#plan.place<offset = 64, bytes = 8>]} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> {
    ^bb0(%a: tensor<2xf32>, %b: tensor<2xf32>):
      %r = nn.add %a, %b : tensor<2xf32>, tensor<2xf32>
      nn.yield %r : tensor<2xf32>
    }
    return
  }
}

// -----

module attributes {plan.arena = 128 : i64, plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  // expected-error @+1 {{@train must have a body of one block, got 0 blocks}}
  func.func private @train(tensor<4xf32> {plan.place = #plan.place<offset = 0, bytes = 16>}) attributes {nn.timeline = #nn.timeline<train>}
}

// -----

module attributes {plan.arena = 128 : i64, plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  func.func @train() attributes {nn.timeline = #nn.timeline<train>} {
    // expected-error @+1 {{'func.call' cannot stand in a model's function}}
    func.call @train() : () -> ()
    return
  }
}

// -----

module attributes {plan.arena = 128 : i64, plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  nn.parameter @w : tensor<2xf32>
  func.func @train() attributes {nn.timeline = #nn.timeline<train>} {
    // expected-note @+1 {{made here}}
    %c = nn.constant dense<1.0> : tensor<2xf32>
    // expected-error @+1 {{its value has no place}}
    nn.store %c, @w : tensor<2xf32>
    return
  }
}

// -----

module attributes {plan.arena = 128 : i64, plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  func.func @train() -> tensor<2xf32> attributes {nn.timeline = #nn.timeline<train>} {
    // expected-note @+1 {{made here}}
    %c = nn.constant dense<1.0> : tensor<2xf32>
    // expected-error @+1 {{result 0 has no place}}
    return %c : tensor<2xf32>
  }
}

// -----

// No target can run this op: it marks where gradients stop, and nn-build-step removes it.
module attributes {plan.arena = 128 : i64, plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  func.func @train(%x: tensor<2xf32> {plan.place = #plan.place<offset = 0, bytes = 8>}) attributes {nn.timeline = #nn.timeline<train>} {
    // expected-error @+3 {{'nn.stop_gradient' has neither a kernel nor a loop body}}
    %y = nn.launch(%x) {plan.places = [#plan.place<offset = 64, bytes = 8>]} : (tensor<2xf32>) -> tensor<2xf32> {
    ^bb0(%a: tensor<2xf32>):
      %r = nn.stop_gradient %a : tensor<2xf32>
      nn.yield %r : tensor<2xf32>
    }
    return
  }
}

// -----

module attributes {plan.arena = 128 : i64, plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  func.func @train(%x: tensor<2xf32> {plan.place = #plan.place<offset = 0, bytes = 8>}) attributes {nn.timeline = #nn.timeline<train>} {
    // expected-error @+1 {{is part of no launch; run nn-form-launches first}}
    %y = nn.exp %x {plan.places = [#plan.place<offset = 64, bytes = 8>]} : tensor<2xf32>
    return
  }
}

// -----

module attributes {plan.arena = 128 : i64, plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  func.func @train(%x: tensor<2xf32> {plan.place = #plan.place<offset = 0, bytes = 8>}) attributes {nn.timeline = #nn.timeline<train>} {
    // expected-error @+1 {{its ops are no loop nest, and no kernel runs them}}
    %y = nn.launch(%x) {plan.places = [#plan.place<offset = 64, bytes = 8>]} : (tensor<2xf32>) -> tensor<2xf32> {
    ^bb0(%a: tensor<2xf32>):
      %b = nn.softmax %a : tensor<2xf32>
      %c = nn.exp %b : tensor<2xf32>
      nn.yield %c : tensor<2xf32>
    }
    return
  }
}

// -----

// Updates that do not share the scalars of the step.
module attributes {plan.arena = 512 : i64, plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  nn.parameter @a : tensor<8xf32> {trainable, plan.place = #plan.place<offset = 0, bytes = 32>}
  nn.parameter @b : tensor<8xf32> {trainable, plan.place = #plan.place<offset = 64, bytes = 32>}
  func.func @train(%g: tensor<8xf32> {plan.place = #plan.place<offset = 128, bytes = 32>},
                   %h: tensor<16xf32> {plan.place = #plan.place<offset = 192, bytes = 64>},
                   %i: tensor<16xf32> {plan.place = #plan.place<offset = 256, bytes = 64>}) attributes {nn.timeline = #nn.timeline<train>} {
    %a = nn.load @a {plan.place = #plan.place<offset = 0, bytes = 32>} : tensor<8xf32>
    %b = nn.load @b {plan.place = #plan.place<offset = 64, bytes = 32>} : tensor<8xf32>
    // expected-error @+1 {{its ops are no loop nest, and no kernel runs them}}
    %new:2 = nn.launch(%a, %b, %g, %h, %i) {plan.places = [#plan.place<offset = 0, bytes = 32>, #plan.place<offset = 64, bytes = 32>]}
        : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<16xf32>, tensor<16xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
    ^bb0(%0: tensor<8xf32>, %1: tensor<8xf32>, %2: tensor<8xf32>, %3: tensor<16xf32>, %4: tensor<16xf32>):
      %5 = nn.sgd_plain %0, %2, %3 : tensor<8xf32>, tensor<16xf32>
      %6 = nn.sgd_plain %1, %2, %4 : tensor<8xf32>, tensor<16xf32>
      nn.yield %5, %6 : tensor<8xf32>, tensor<8xf32>
    }
    return
  }
}
