// RUN: plimsoll-opt %s --nn-form-launches=fuse-loops=false --choose-kernels --plan-memory=budget=1000 -verify-diagnostics

// A refusal has a note at the launch that binds, and one at each of the largest values alive there.
// Launches without the name of a node are called what they compute.

// expected-error @+1 {{no plan fits in 1000 bytes (0.0 MiB)}}
module {
  func.func @train(%x: tensor<512x512xf32> {nn.name = "pixels"}) -> tensor<512x512xf32> attributes {nn.timeline = #nn.timeline<train>} {
    // expected-note @+1 {{1.0 MiB   nn.tanh}}
    %a = nn.tanh %x : tensor<512x512xf32>
    // expected-note @+2 {{the binding launch is 2 of 2, nn.transpose, where these are alive:}}
    // expected-note @+1 {{1.0 MiB   nn.transpose}}
    %b = nn.transpose %a {permutation = array<i64: 1, 0>} : tensor<512x512xf32>
    return %b : tensor<512x512xf32>
  }
}
