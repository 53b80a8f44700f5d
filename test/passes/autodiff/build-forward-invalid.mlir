// RUN: plimsoll-opt %s --nn-build-forward=gradients -split-input-file -verify-diagnostics

// expected-error @+1 {{no result is floating point: there is nothing to differentiate}}
func.func @forward(%x: tensor<4xi64> {nn.name = "x"}) -> (tensor<4xi64> {nn.name = "y"}) {
  %y = nn.add %x, %x : tensor<4xi64>, tensor<4xi64>
  return %y : tensor<4xi64>
}

// -----

// expected-error @+1 {{the module has no function @forward}}
module {
}
