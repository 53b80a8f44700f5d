// RUN: plimsoll-opt %s --nn-assign-recipe | FileCheck %s --check-prefix=PLAIN
// RUN: plimsoll-opt %s --nn-assign-recipe="trainable=mask freeze=^embed no-decay=norm decay=h\\.=0.3 lr-scale=.*=0.5 lr-scale=h\\.=0.1" | FileCheck %s --check-prefix=OWN
// RUN: plimsoll-opt %s --nn-assign-recipe=freeze=^val_7$ | FileCheck %s --check-prefix=FILE
// RUN: not plimsoll-opt %s --nn-assign-recipe="no-decay=h decay=h=0.3" 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: plimsoll-opt %s --nn-assign-recipe="freeze=nothing" 2>&1 | FileCheck %s --check-prefix=NOTHING
// RUN: not plimsoll-opt %s --nn-assign-recipe="freeze=( decay=x" 2>&1 | FileCheck %s --check-prefix=REGEX

// RUN: plimsoll-opt %s --nn-assign-recipe="sparse=^embed" | FileCheck %s --check-prefix=SPARSE
// RUN: not plimsoll-opt %s --nn-assign-recipe="sparse=^embed sparse=nothing" 2>&1 | FileCheck %s --check-prefix=NONE

// SPARSE: nn.parameter @embed.weight : tensor<8x4xf32> {decayed, sparse, trainable}
// SPARSE: nn.parameter @h.weight : tensor<4x4xf32> {decayed, nn.file_name = "val_7", trainable}
// NONE: error: --sparse=nothing matches no parameter; --dry-run lists the names

// Matrices and larger tensors decay, unless they are biases.
// PLAIN: nn.parameter @embed.weight : tensor<8x4xf32> {decayed, trainable}
// OWN:   nn.parameter @embed.weight : tensor<8x4xf32> {reason = "--freeze"}
nn.parameter @embed.weight : tensor<8x4xf32> {trainable}
// The last group that matches applies.
// PLAIN: nn.parameter @h.weight : tensor<4x4xf32> {decayed, nn.file_name = "val_7", trainable}
// OWN:   nn.parameter @h.weight : tensor<4x4xf32> {decay = 3.000000e-01 : f64, decayed, lr_scale = 1.000000e-01 : f64, nn.file_name = "val_7", trainable}
// FILE:  nn.parameter @h.weight : tensor<4x4xf32> {nn.file_name = "val_7", reason = "--freeze"}
nn.parameter @h.weight : tensor<4x4xf32> {trainable, nn.file_name = "val_7"}
// PLAIN: nn.parameter @h.bias : tensor<1x4xf32> {role = "bias", trainable}
nn.parameter @h.bias : tensor<1x4xf32> {trainable, role = "bias"}
// PLAIN: nn.parameter @norm.weight : tensor<4x4xf32> {decayed, trainable}
// OWN:   nn.parameter @norm.weight : tensor<4x4xf32> {lr_scale = 5.000000e-01 : f64, trainable}
nn.parameter @norm.weight : tensor<4x4xf32> {trainable}
// PLAIN: nn.parameter @mask : tensor<4x4xf32>{{$}}
// OWN:   nn.parameter @mask : tensor<4x4xf32> {decayed, lr_scale = 5.000000e-01 : f64, reason = "--trainable", trainable}
nn.parameter @mask : tensor<4x4xf32>

// BOTH: error: parameter 'h.weight': --decay and --no-decay both match it; make one of the two expressions narrower
// NOTHING: warning: --freeze=nothing matches no parameter
// REGEX: error: decay: expected REGEX=NUMBER, got 'x'
