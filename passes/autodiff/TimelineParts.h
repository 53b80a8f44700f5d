//===- TimelineParts.h - what the builders of timelines share -------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_TIMELINEPARTS_H
#define PLIMSOLL_PASSES_AUTODIFF_TIMELINEPARTS_H

#include "dialects/nn/NNDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::autodiff {

/// Adds `value` behind the results of `timeline`, under a name.
void addResult(mlir::func::FuncOp timeline, mlir::Value value, const llvm::Twine &name);

/// The sum of `y * weight:y` over all elements of all floating-point results, where each
/// `weight:y` is a new input; null if no result is floating point.
mlir::Value weightedSum(mlir::func::FuncOp timeline);

/// The trainable parameters that `timeline` reads, each with the one op that loads it, which
/// is moved to the front.
mlir::LogicalResult collectTrained(mlir::func::FuncOp timeline,
                                   llvm::SmallVectorImpl<nn::ParameterOp> &parameters,
                                   llvm::SmallVectorImpl<mlir::Value> &loads);

/// Takes the parameters without a gradient out of the lists, as PyTorch's optimizers pass over
/// those whose grad is None: they are not trained. A warning names them, and those that nothing
/// reads; an error if none is left.
mlir::LogicalResult leaveUnreached(mlir::func::FuncOp timeline,
                                   llvm::SmallVectorImpl<nn::ParameterOp> &parameters,
                                   llvm::SmallVectorImpl<mlir::Value> &loads,
                                   llvm::SmallVectorImpl<mlir::Value> &gradients);

/// The gradients as results `gradient:NAME`.
void returnGradients(mlir::func::FuncOp timeline, llvm::ArrayRef<nn::ParameterOp> parameters,
                     llvm::ArrayRef<mlir::Value> gradients);

/// An error if `rule` is given and is no op with a gradient rule.
mlir::LogicalResult checkScaledRule(mlir::ModuleOp module, llvm::StringRef rule);

} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_TIMELINEPARTS_H
