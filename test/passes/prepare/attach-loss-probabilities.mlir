// RUN: split-file %s %t
// RUN: plimsoll-opt %t/softmax.mlir --nn-attach-loss 2>&1 | FileCheck %s --check-prefix=SOFTMAX
// RUN: plimsoll-opt %t/softmax.mlir --nn-attach-loss=loss=kl 2>&1 | FileCheck %s --check-prefix=KL
// RUN: plimsoll-opt %t/softmax.mlir --nn-attach-loss=loss=mse 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: plimsoll-opt %t/sigmoid.mlir --nn-attach-loss=loss=bce-with-logits 2>&1 | FileCheck %s --check-prefix=SIGMOID
// RUN: plimsoll-opt %t/sigmoid.mlir --nn-attach-loss 2>&1 | FileCheck %s --check-prefix=CE-SIGMOID
// RUN: plimsoll-opt %t/sigmoid.mlir --nn-attach-loss=loss=l1 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: plimsoll-opt %t/moved.mlir --nn-attach-loss 2>&1 | FileCheck %s --check-prefix=MOVED
// RUN: plimsoll-opt %t/moved.mlir --nn-attach-loss=loss=cross-entropy,axis=2 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: plimsoll-opt %t/written.mlir --nn-attach-loss 2>&1 | FileCheck %s --check-prefix=WRITTEN
// RUN: plimsoll-opt %t/logarithm.mlir --nn-attach-loss 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: plimsoll-opt %t/before.mlir --nn-attach-loss 2>&1 | FileCheck %s --check-prefix=NONE

// NONE-NOT: warning

//--- softmax.mlir
// The scores before it have a name that the loss can read.
// SOFTMAX: warning: output 'probs' is the result of a Softmax already (node_softmax), and cross-entropy takes a softmax of it once more
// SOFTMAX-SAME: let the loss read the scores before it, --loss=cross-entropy:fc, or export the model without it
// KL: warning: output 'probs' is the result of a Softmax already (node_softmax), and kl takes a softmax
func.func @forward(%x: tensor<2x3xf32>) -> (tensor<2x3xf32> {nn.name = "probs"}) {
  %y = nn.tanh %x : tensor<2x3xf32> loc("fc")
  %p = nn.softmax %y : tensor<2x3xf32> loc("node_softmax")
  return %p : tensor<2x3xf32>
}

//--- sigmoid.mlir
// SIGMOID: warning: the output is the result of a Sigmoid already (s), and bce-with-logits applies a sigmoid to it once more
// CE-SIGMOID: warning: the output is the result of a Sigmoid already (s), and cross-entropy takes a softmax
func.func @forward(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %p = nn.sigmoid %x : tensor<2x3xf32> loc("s")
  return %p : tensor<2x3xf32>
}

//--- moved.mlir
// A softmax over dimension 1 is one over the last between transpositions, here with a reshape too.
// A softmax over another dimension than the classes does not concern the loss.
// MOVED: warning: the output is the result of a Softmax already (s)
func.func @forward(%x: tensor<2x20x3xf32>) -> tensor<2x3x4x5xf32> {
  %p = nn.softmax %x : tensor<2x20x3xf32> loc("s")
  %t = nn.transpose %p {permutation = array<i64: 0, 2, 1>} : tensor<2x20x3xf32>
  %y = nn.reshape %t : tensor<2x3x20xf32> to tensor<2x3x4x5xf32>
  return %y : tensor<2x3x4x5xf32>
}

//--- written.mlir
// WRITTEN: warning: the output is the result of a Softmax already (quotient)
func.func @forward(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %e = nn.exp %x : tensor<2x3xf32>
  %s = nn.reduce_sum %e {axes = array<i64: 1>} : tensor<2x3xf32>
  %c = nn.reshape %s : tensor<2xf32> to tensor<2x1xf32>
  %p = nn.div %e, %c : tensor<2x3xf32>, tensor<2x1xf32> loc("quotient")
  return %p : tensor<2x3xf32>
}

//--- logarithm.mlir
// Cross entropy of a log-softmax gives the same numbers as PyTorch's NLLLoss of it.
func.func @forward(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %p = nn.log_softmax %x : tensor<2x3xf32>
  return %p : tensor<2x3xf32>
}

//--- before.mlir
// A softmax inside the model does not make the output probabilities.
func.func @forward(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %p = nn.softmax %x : tensor<2x3xf32>
  %y = nn.mul %p, %x : tensor<2x3xf32>, tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
