//===- OwnLoss.h - a loss with a second term in training only -------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_OWNLOSS_H
#define PLIMSOLL_PASSES_AUTODIFF_OWNLOSS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::autodiff {

/// Separates a mixed loss, which has a second term (a teacher's), from the model's own. If a result
/// is called "own_loss", `train` keeps the mixed loss and `evaluate` returns the own loss in its
/// place, comparable with other runs.
void separateOwnLoss(mlir::func::FuncOp train, mlir::func::FuncOp evaluate);

} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_OWNLOSS_H
