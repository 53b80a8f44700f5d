//===- AttentionParts.h - attention as products and a softmax -------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_OPS_ATTENTIONPARTS_H
#define PLIMSOLL_COMPILER_ONNX_OPS_ATTENTIONPARTS_H

#include "compiler/onnx/ops/Node.h"

namespace plimsoll::import {

/// True if the node needs what `nn.attention` does not support: key and value caches, capped
/// scores, windows, scores as a result, or another type than f32.
bool needsAttentionParts(Node &n);

/// Writes attention of `q`, `k` and `v`, all [batch, heads, tokens, features], as products and a
/// softmax. Sets all results of the node but the first, and returns that in the layout of `q`.
mlir::Value attentionInParts(Node &n, mlir::Value q, mlir::Value k, mlir::Value v, double scale);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_OPS_ATTENTIONPARTS_H
