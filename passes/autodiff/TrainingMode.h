//===- TrainingMode.h - what training does otherwise than inference -*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_TRAININGMODE_H
#define PLIMSOLL_PASSES_AUTODIFF_TRAININGMODE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::autodiff {

/// Puts the ops of `train` that behave differently in training into that mode: a batch
/// normalisation by running statistics that are parameters becomes one by those of the batch,
/// followed by their update. One remark says how many. Reports each that cannot be.
mlir::LogicalResult setTrainingMode(mlir::func::FuncOp train);

} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_TRAININGMODE_H
