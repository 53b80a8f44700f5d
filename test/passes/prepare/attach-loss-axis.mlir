// RUN: split-file %s %t
// RUN: plimsoll-opt %t/pixels.mlir --nn-attach-loss=loss=cross-entropy,weights=1:2:3 | FileCheck %s --check-prefix=PIXELS
// RUN: plimsoll-opt %t/pixels.mlir --nn-attach-loss=loss=cross-entropy,axis=-1 | FileCheck %s --check-prefix=LAST
// RUN: plimsoll-opt %t/pixels.mlir --nn-attach-loss=loss=kl | FileCheck %s --check-prefix=KL
// RUN: plimsoll-opt %t/steps.mlir --nn-attach-loss | FileCheck %s --check-prefix=STEPS
// RUN: plimsoll-opt %t/steps.mlir --nn-attach-loss=loss=cross-entropy,axis=1 | FileCheck %s --check-prefix=FIRST
// RUN: plimsoll-opt %t/steps.mlir --nn-attach-loss=loss=cross-entropy,axis=1 --nn-build-step --nn-form-launches | FileCheck %s --check-prefix=STEP
// RUN: plimsoll-opt %t/signal.mlir --nn-attach-loss 2>&1 | FileCheck %s --check-prefix=SIGNAL
// RUN: plimsoll-opt %t/signal.mlir --nn-attach-loss=loss=cross-entropy,axis=1 2>&1 | FileCheck %s --check-prefix=SAID
// RUN: plimsoll-opt %t/rows.mlir --nn-attach-loss | FileCheck %s --check-prefix=ROWS

//--- pixels.mlir
// With four or more dimensions classes are dimension 1, as in F.cross_entropy; nn.classes says so.
// PIXELS:      module attributes {nn.classes = "dimension 1 of output 'y' (2x3x4x5)"}
// PIXELS:      %arg1: tensor<2x4x5xi64> {nn.classes = "dimension 1 of output 'y' (2x3x4x5)", nn.limit = 3 : i64
// PIXELS:        %[[W:.*]] = nn.constant {{.*}} : tensor<3xf32>
// PIXELS:        nn.cross_entropy %{{.*}}, %arg1 weights %[[W]] {axis = 1 : i64} : tensor<2x3x4x5xf32>, tensor<2x4x5xi64>, tensor<3xf32>

// LAST:      %arg1: tensor<2x3x4xi64> {nn.classes = "dimension 3 of output 'y' (2x3x4x5)", nn.limit = 5 : i64
// LAST:        nn.cross_entropy %{{.*}}, %arg1 : tensor<2x3x4x5xf32>, tensor<2x3x4xi64>

// KL:      %arg1: tensor<2x3x4x5xf32> {nn.classes = "dimension 1
// KL-DAG:    %[[X:.*]] = nn.transpose %{{.*}} {permutation = array<i64: 0, 2, 3, 1>} : tensor<2x3x4x5xf32>
// KL-DAG:    %[[L:.*]] = nn.transpose %arg1 {permutation = array<i64: 0, 2, 3, 1>} : tensor<2x3x4x5xf32>
// KL:        nn.kl_divergence %[[X]], %[[L]]
module {
  func.func @forward(%x: tensor<2x3x4x5xf32>) -> (tensor<2x3x4x5xf32> {nn.name = "y"}) {
    %y = nn.tanh %x : tensor<2x3x4x5xf32>
    return %y : tensor<2x3x4x5xf32>
  }
}

//--- steps.mlir
// With three dimensions, as in a language model, classes are the last one.
// STEPS:   %arg1: tensor<2x3xi64> {nn.classes = "dimension 2 of the output (2x3x4)", nn.limit = 4 : i64
// STEPS:     nn.cross_entropy %{{.*}}, %arg1 : tensor<2x3x4xf32>, tensor<2x3xi64>
// FIRST:   %arg1: tensor<2x4xi64> {nn.classes = "dimension 1 of the output (2x3x4)", nn.limit = 3 : i64
// FIRST:     nn.cross_entropy %{{.*}}, %arg1 {axis = 1 : i64} : tensor<2x3x4xf32>, tensor<2x4xi64>
// The gradient uses the same dimension, in one kernel: nothing is transposed.
// STEP-NOT:  nn.transpose
// STEP:      nn.launch(%{{.*}}, %arg1)
// STEP:      nn.cross_entropy_with_grad %{{.*}} {axis = 1 : i64} : tensor<2x3x4xf32>, tensor<2x4xi64>
// STEP-NOT:  nn.transpose
nn.parameter @w : tensor<4xf32> {trainable}
func.func @forward(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %w = nn.load @w : tensor<4xf32>
  %y = nn.mul %x, %w : tensor<2x3x4xf32>, tensor<4xf32>
  return %y : tensor<2x3x4xf32>
}

//--- rows.mlir
// Of two dimensions only one can hold the classes: there is no remark.
// ROWS-NOT: nn.classes
// ROWS:     nn.cross_entropy %{{.*}}, %arg1 : tensor<2x3xf32>, tensor<2xi64>
func.func @forward(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %y = nn.tanh %x : tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

//--- signal.mlir
// Three dimensions that come from a convolution are ambiguous: a warning asks for axis=.
// SIGNAL: warning: output 'y' (2x3x8) comes from a convolution, whose channels are dimension 1, while the last of three dimensions is taken for the classes; say which they are, --loss=cross-entropy,axis=1 or axis=2
// SAID-NOT: warning
// SAID:     nn.cross_entropy %{{.*}}, %{{.*}} {axis = 1 : i64}
module {
  func.func @forward(%x: tensor<2x4x8xf32>, %w: tensor<3x4x1xf32>, %b: tensor<3x1xf32>) -> (tensor<2x3x8xf32> {nn.name = "y"}) {
    %c = nn.conv %x, %w {dilations = array<i64: 1>, groups = 1 : i64, pads = array<i64: 0, 0>, strides = array<i64: 1>} : tensor<2x4x8xf32>, tensor<3x4x1xf32> to tensor<2x3x8xf32>
    %y = nn.add %c, %b : tensor<2x3x8xf32>, tensor<3x1xf32>
    return %y : tensor<2x3x8xf32>
  }
}
