// RUN: split-file %s %t
// RUN: plimsoll-opt %t/none.mlir --nn-attach-loss -verify-diagnostics
// RUN: plimsoll-opt %t/several.mlir --nn-attach-loss -verify-diagnostics
// RUN: plimsoll-opt %t/name.mlir --nn-attach-loss=loss=mse:scores -verify-diagnostics
// RUN: plimsoll-opt %t/rank.mlir --nn-attach-loss -verify-diagnostics
// RUN: plimsoll-opt %t/integers.mlir --nn-attach-loss -verify-diagnostics
// RUN: plimsoll-opt %t/scalar.mlir --nn-attach-loss=loss=output:y -verify-diagnostics
// RUN: plimsoll-opt %t/kind.mlir --nn-attach-loss=loss=hinge -verify-diagnostics

//--- none.mlir
// expected-error @+1 {{the module has no function @forward}}
module {}

//--- several.mlir
// expected-error @+1 {{the model has several outputs: name the one that the loss reads, as in --loss=cross-entropy:OUTPUT; there are 'a', '1'}}
func.func @forward(%x: tensor<2x4xf32>) -> (tensor<2x4xf32> {nn.name = "a"}, tensor<2x4xf32>) {
  return %x, %x : tensor<2x4xf32>, tensor<2x4xf32>
}

//--- name.mlir
// expected-error @+1 {{the loss reads output 'scores', the model has 'logits'}}
func.func @forward(%x: tensor<2x4xf32>) -> (tensor<2x4xf32> {nn.name = "logits"}) {
  return %x : tensor<2x4xf32>
}

//--- rank.mlir
// expected-error @+1 {{cross entropy needs an output of two or more dimensions, classes last, got 'tensor<4xf32>'}}
func.func @forward(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

//--- integers.mlir
// expected-error @+1 {{the loss needs a floating-point output, got 'tensor<2x4xi64>'}}
func.func @forward(%x: tensor<2x4xi64>) -> tensor<2x4xi64> {
  return %x : tensor<2x4xi64>
}

//--- scalar.mlir
// expected-error @+1 {{a loss must be a scalar, the output is 'tensor<2xf32>'}}
func.func @forward(%x: tensor<2xf32>) -> (tensor<2xf32> {nn.name = "y"}) {
  return %x : tensor<2xf32>
}

//--- kind.mlir
// expected-error @+1 {{unknown loss 'hinge', expected cross-entropy[:OUTPUT], mse[:OUTPUT] or output:NAME}}
func.func @forward(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  return %x : tensor<2x4xf32>
}
