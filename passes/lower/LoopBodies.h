//===- LoopBodies.h - elementwise ops as loop nests ----------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_LOWER_LOOPBODIES_H
#define PLIMSOLL_PASSES_LOWER_LOOPBODIES_H

#include "mlir/IR/Builders.h"

namespace plimsoll::lower {

/// Builds the scalar computation of `op` from one element of each operand. Returns the result's
/// element; fails after an error if `op` is not elementwise.
mlir::FailureOr<mlir::Value> buildBody(mlir::OpBuilder &builder, mlir::Operation *op,
                                       mlir::ValueRange elements);

/// A loop nest in linear form: for each operand and result one stride, in elements, for each
/// dimension of the domain. Dimensions of size 1 are removed, and adjacent dimensions that every
/// operand and result walks without a gap are merged.
struct LoopNest {
  llvm::SmallVector<int64_t> domain;
  llvm::SmallVector<llvm::SmallVector<int64_t>> operands, results;
  llvm::SmallVector<int64_t> reduced; ///< dimensions of `domain`
};

/// Returns the loop nest of `op`, from its index factors. Fails with an error if it has none.
mlir::FailureOr<LoopNest> loopNest(mlir::Operation *op);

} // namespace plimsoll::lower

#endif // PLIMSOLL_PASSES_LOWER_LOOPBODIES_H
