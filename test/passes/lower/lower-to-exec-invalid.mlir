// RUN: plimsoll-opt %s --lower-to-exec -split-input-file -verify-diagnostics

// expected-error @+1 {{the module has no plan; run plan-memory first}}
module {}

// -----

module attributes {plan.arena = 64 : i64} {
  // expected-error @+1 {{argument 0 has no place; run plan-memory first}}
  func.func @train(%x: tensor<4xf32>) attributes {nn.timeline = #nn.timeline<train>} {
    return
  }
}

// -----

module attributes {plan.arena = 64 : i64} {
  nn.parameter @w : tensor<4xf32>
  func.func @train() attributes {nn.timeline = #nn.timeline<train>} {
    // expected-error @+1 {{has no place; run plan-memory first}}
    %w = nn.load @w : tensor<4xf32>
    return
  }
}

// -----

module attributes {plan.arena = 128 : i64} {
  func.func @train(%x: tensor<4xf32> {plan.place = #plan.place<offset = 0, bytes = 16>}) attributes {nn.timeline = #nn.timeline<train>} {
    // expected-error @+1 {{has no places; run plan-memory first}}
    %y = nn.exp %x : tensor<4xf32>
    return
  }
}

// -----

// A constant that is no number needs bytes.
module attributes {plan.arena = 128 : i64} {
  func.func @train(%x: tensor<2xf32> {plan.place = #plan.place<offset = 0, bytes = 8>}) attributes {nn.timeline = #nn.timeline<train>} {
    %c = nn.constant dense<[1.0, 2.0]> : tensor<2xf32>
    // expected-error @+1 {{operand 1 has no place}}
    %y = nn.add %x, %c {plan.places = [#plan.place<offset = 64, bytes = 8>]} : tensor<2xf32>, tensor<2xf32>
    return
  }
}
