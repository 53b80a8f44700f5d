//===- Packed.h - attention on parts of one tensor -------------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_NN_PACKED_H
#define PLIMSOLL_DIALECTS_NN_PACKED_H

#include "mlir/IR/Operation.h"

namespace plimsoll::nn {

class AttentionGradOp;
class ConcatOp;
class SplitOp;

/// Returns the op that splits a tensor into queries, keys and values, in this order, for
/// `attention` (nn.attention or nn.attention_grad): into whole heads of equally many features, with
/// time before the heads, so that a kernel finds all three in the tensor. Null if there is none.
SplitOp packedFactors(mlir::Operation *attention);

/// Returns the op that concatenates all gradients that `gradients` gives, in the same way; null if
/// there is none, or if others read them.
ConcatOp packedGradients(AttentionGradOp gradients);

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_PACKED_H
