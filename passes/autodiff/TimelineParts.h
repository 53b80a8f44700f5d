//===- TimelineParts.h - shared by the builders of timelines --------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_TIMELINEPARTS_H
#define PLIMSOLL_PASSES_AUTODIFF_TIMELINEPARTS_H

#include "dialects/nn/NNDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::autodiff {

/// Appends `value` to the results of `timeline` under the name `name`.
void addResult(mlir::func::FuncOp timeline, mlir::Value value, const llvm::Twine &name);

/// Returns the sum of `y * weight:y` over all elements of all floating-point results, where each
/// `weight:y` is a new input; null if no result is floating point.
mlir::Value weightedSum(mlir::func::FuncOp timeline);

/// Collects the trainable parameters that `timeline` reads and, for each, the one op that loads it,
/// which is moved to the front.
mlir::LogicalResult collectTrained(mlir::func::FuncOp timeline,
                                   llvm::SmallVectorImpl<nn::ParameterOp> &parameters,
                                   llvm::SmallVectorImpl<mlir::Value> &loads);

/// Removes parameters without a gradient from the three lists: as in PyTorch, whose optimizers skip
/// a parameter whose grad is None, they are not trained. A warning names them and those that
/// nothing reads. Fails with an error if none is left.
mlir::LogicalResult leaveUnreached(mlir::func::FuncOp timeline,
                                   llvm::SmallVectorImpl<nn::ParameterOp> &parameters,
                                   llvm::SmallVectorImpl<mlir::Value> &loads,
                                   llvm::SmallVectorImpl<mlir::Value> &gradients);

/// Appends the gradients as results called `gradient:NAME`.
void returnGradients(mlir::func::FuncOp timeline, llvm::ArrayRef<nn::ParameterOp> parameters,
                     llvm::ArrayRef<mlir::Value> gradients);

/// Fails with an error if `rule` is not empty and names no op with a gradient rule.
mlir::LogicalResult checkScaledRule(mlir::ModuleOp module, llvm::StringRef rule);

} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_TIMELINEPARTS_H
