//===- Backward.h - reverse-mode differentiation of a function -----*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_BACKWARD_H
#define PLIMSOLL_PASSES_AUTODIFF_BACKWARD_H

#include "dialects/nn/NNDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::autodiff {

/// Appends to `function` (before its terminator) the ops that compute the gradient of
/// the scalar `loss` with respect to each of `leaves`, and returns those gradients, null
/// for leaves that the loss does not depend on. Every op without a rule is reported.
/// `scaledRule`: the op whose rule is off by 0.1 %, for tests of the tests.
mlir::FailureOr<llvm::SmallVector<mlir::Value>> appendBackward(mlir::func::FuncOp function,
                                                               mlir::Value loss,
                                                               mlir::ArrayRef<mlir::Value> leaves,
                                                               llvm::StringRef scaledRule);

/// Takes every `nn.stop_gradient` out of `function`, whose gradients are made or are not wanted.
/// appendBackward has done it.
void removeStopGradients(mlir::func::FuncOp function);

} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_BACKWARD_H
