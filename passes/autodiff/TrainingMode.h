//===- TrainingMode.h - what training does differently from inference -*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_TRAININGMODE_H
#define PLIMSOLL_PASSES_AUTODIFF_TRAININGMODE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::autodiff {

/// Puts the ops of `train` that behave differently in training into training mode: a batch
/// normalisation whose running statistics are parameters normalises by those of the batch instead
/// and updates the running ones. Emits one remark with their number. Fails after an error for each
/// that cannot be converted.
mlir::LogicalResult setTrainingMode(mlir::func::FuncOp train);

} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_TRAININGMODE_H
