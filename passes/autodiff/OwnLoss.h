//===- OwnLoss.h - a loss that is mixed in training alone -----------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_OWNLOSS_H
#define PLIMSOLL_PASSES_AUTODIFF_OWNLOSS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::autodiff {

/// Where a result is called "own_loss", the loss has a second term (a teacher's). `train` keeps
/// the mixed loss; `evaluate` gets the model's own, comparable with other runs.
void separateOwnLoss(mlir::func::FuncOp train, mlir::func::FuncOp evaluate);

} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_OWNLOSS_H
