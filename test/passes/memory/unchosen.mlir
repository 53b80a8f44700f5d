// RUN: plimsoll-opt %s --plan-memory -split-input-file -verify-diagnostics

// Planning does not know the target: attributes of the launches have what it needs of it.
// expected-error @+1 {{no kernels are chosen; run choose-kernels first}}
module {
  func.func @train(%x: tensor<4xf32>) -> tensor<4xf32> attributes {nn.timeline = #nn.timeline<train>} {
    return %x : tensor<4xf32>
  }
}

// -----

module attributes {plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  func.func @train(%x: tensor<4xf32>) -> tensor<4xf32> attributes {nn.timeline = #nn.timeline<train>} {
    // expected-error @+1 {{no kernel is chosen for it; run choose-kernels first}}
    %y = nn.launch(%x) : (tensor<4xf32>) -> tensor<4xf32> {
    ^bb0(%a: tensor<4xf32>):
      %b = nn.exp %a : tensor<4xf32>
      nn.yield %b : tensor<4xf32>
    }
    return %y : tensor<4xf32>
  }
}

// -----

module attributes {plan.machine = #plan.machine<threads = 2, alignment = 64>} {
  func.func @train(%x: tensor<4xf32>) -> tensor<4xf32> attributes {nn.timeline = #nn.timeline<train>} {
    // expected-error @+1 {{is part of no launch; run nn-form-launches first}}
    %y = nn.exp %x : tensor<4xf32>
    return %y : tensor<4xf32>
  }
}
