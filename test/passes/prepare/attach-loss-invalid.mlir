// RUN: split-file %s %t
// RUN: plimsoll-opt %t/none.mlir --nn-attach-loss -verify-diagnostics
// RUN: plimsoll-opt %t/several.mlir --nn-attach-loss -verify-diagnostics
// RUN: plimsoll-opt %t/name.mlir --nn-attach-loss=loss=mse:scores -verify-diagnostics
// RUN: plimsoll-opt %t/rank.mlir --nn-attach-loss -verify-diagnostics
// RUN: plimsoll-opt %t/integers.mlir --nn-attach-loss -verify-diagnostics
// RUN: plimsoll-opt %t/scalar.mlir --nn-attach-loss=loss=output:y -verify-diagnostics
// RUN: plimsoll-opt %t/kind.mlir --nn-attach-loss=loss=hinge -verify-diagnostics
// RUN: plimsoll-opt %t/keys.mlir --nn-attach-loss=loss=cross-entropy,label-smoothing=1.5,smoothing=0.1,ignore-index=x,weights=1:a -verify-diagnostics
// RUN: plimsoll-opt %t/none-known.mlir --nn-attach-loss=loss=l1,delta=2 -verify-diagnostics
// RUN: plimsoll-opt %t/weights.mlir --nn-attach-loss=loss=cross-entropy,weights=1:2:3 -verify-diagnostics
// RUN: plimsoll-opt %t/kl.mlir --nn-attach-loss=loss=kl -verify-diagnostics
// RUN: plimsoll-opt %t/axis.mlir --nn-attach-loss=loss=cross-entropy,axis=4 -verify-diagnostics
// RUN: plimsoll-opt %t/batch.mlir --nn-attach-loss=loss=cross-entropy,axis=-4 -verify-diagnostics

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
// expected-error @+1 {{cross entropy needs an output of two or more dimensions, rows and classes, got 'tensor<4xf32>'}}
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
// expected-error @+1 {{loss: unknown loss 'hinge', expected cross-entropy, mse, l1, huber, bce-with-logits or kl, with :OUTPUT behind it where the model has several, or output:NAME}}
func.func @forward(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  return %x : tensor<2x4xf32>
}

//--- keys.mlir
// expected-error @+4 {{loss: 'label-smoothing=1.5': expected a number from 0 to 1}}
// expected-error @+3 {{loss: 'smoothing=0.1' is no option of cross-entropy; there are label-smoothing, ignore-index, weights, axis}}
// expected-error @+2 {{loss: 'ignore-index=x': expected a whole number}}
// expected-error @+1 {{loss: 'weights=1:a': expected numbers of at least 0, one for each class, as in weights=1:0.5:2, or a file of them}}
func.func @forward(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  return %x : tensor<2x4xf32>
}

//--- none-known.mlir
// expected-error @+1 {{loss: 'delta=2' is no option of l1; it has none}}
func.func @forward(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  return %x : tensor<2x4xf32>
}

//--- weights.mlir
// expected-error @+1 {{loss: 3 weights are given, the output has 4 classes}}
func.func @forward(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  return %x : tensor<2x4xf32>
}

//--- kl.mlir
// expected-error @+1 {{kl needs an output of two or more dimensions, rows and classes, got 'tensor<4xf32>'}}
func.func @forward(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

//--- axis.mlir
// expected-error @+1 {{loss: axis=4 is no dimension of the output 'tensor<2x3x4x4xf32>' that classes could lie along; expected 1 to 3 (dimension 0 is the batch)}}
func.func @forward(%x: tensor<2x3x4x4xf32>) -> tensor<2x3x4x4xf32> {
  return %x : tensor<2x3x4x4xf32>
}

//--- batch.mlir
// expected-error @+1 {{loss: axis=-4 is no dimension of the output 'tensor<2x3x4x4xf32>' that classes could lie along}}
func.func @forward(%x: tensor<2x3x4x4xf32>) -> tensor<2x3x4x4xf32> {
  return %x : tensor<2x3x4x4xf32>
}
