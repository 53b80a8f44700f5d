//===- RandomSource.h - where a timeline's random numbers come from -*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_RANDOMSOURCE_H
#define PLIMSOLL_PASSES_AUTODIFF_RANDOMSOURCE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::autodiff {

/// The argument of `timeline` that holds the step's scalars, added as its last.
mlir::Value addHyper(mlir::func::FuncOp timeline);

/// Gives every op of `timeline` that draws random numbers the seed and the step of `hyper`.
void drawFrom(mlir::func::FuncOp timeline, mlir::Value hyper);

/// True if an op of `timeline` draws random numbers.
bool drawsNumbers(mlir::func::FuncOp timeline);

/// Takes dropout out of `evaluate`.
void removeDropout(mlir::func::FuncOp evaluate);

/// One remark that says where `train` drops elements, if it does.
void remarkOnDropout(mlir::func::FuncOp train);

} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_RANDOMSOURCE_H
