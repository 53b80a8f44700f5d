//===- RandomSource.h - where a timeline's random numbers come from -*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_RANDOMSOURCE_H
#define PLIMSOLL_PASSES_AUTODIFF_RANDOMSOURCE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::autodiff {

/// Appends to `timeline` the argument that holds the scalars of a step, and returns it.
mlir::Value addHyper(mlir::func::FuncOp timeline);

/// Makes every op of `timeline` that draws random numbers use the seed and step in `hyper`.
void drawFrom(mlir::func::FuncOp timeline, mlir::Value hyper);

/// True if an op of `timeline` draws random numbers.
bool drawsNumbers(mlir::func::FuncOp timeline);

/// Removes dropout from `evaluate`.
void removeDropout(mlir::func::FuncOp evaluate);

/// Emits one remark that lists where `train` drops elements, if it does.
void remarkOnDropout(mlir::func::FuncOp train);

} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_RANDOMSOURCE_H
