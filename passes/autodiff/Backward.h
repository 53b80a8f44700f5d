//===- Backward.h - reverse-mode differentiation of a function -----*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_BACKWARD_H
#define PLIMSOLL_PASSES_AUTODIFF_BACKWARD_H

#include "dialects/nn/NNDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::autodiff {

/// Appends to `function` (before its terminator) the ops that compute the gradient of the scalar
/// `loss` with respect to each of `leaves`. Returns the gradients; null for leaves that the loss
/// does not depend on. Records in locations that the ops belong to the backward pass, and which of
/// them complete the gradients of which values. Fails after an error for every op that has no rule.
/// `scaledRule` names an op whose gradients are multiplied by 1.001, for tests of the gradient
/// checks; may be empty.
mlir::FailureOr<llvm::SmallVector<mlir::Value>> appendBackward(mlir::func::FuncOp function,
                                                               mlir::Value loss,
                                                               mlir::ArrayRef<mlir::Value> leaves,
                                                               llvm::StringRef scaledRule);

/// Removes every `nn.stop_gradient` of a function whose gradients exist already or are not wanted.
/// appendBackward does so itself.
void removeStopGradients(mlir::func::FuncOp function);

} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_BACKWARD_H
