//===- LoopBodies.h - elementwise ops as loop nests ----------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_LOWER_LOOPBODIES_H
#define PLIMSOLL_PASSES_LOWER_LOOPBODIES_H

#include "mlir/IR/Builders.h"

namespace plimsoll::lower {

/// Builds the scalar computation of `op` on one element of each operand.
mlir::FailureOr<mlir::Value> buildBody(mlir::OpBuilder &builder, mlir::Operation *op,
                                       mlir::ValueRange elements);

/// A loop nest in linear form: for each operand and result, one stride (in elements) for
/// each dimension of the domain. Dimensions of size 1 are gone and neighbours that every
/// operand walks through without a gap are one.
struct LoopNest {
  llvm::SmallVector<int64_t> domain;
  llvm::SmallVector<llvm::SmallVector<int64_t>> operands, results;
  llvm::SmallVector<int64_t> reduced; ///< dimensions of `domain`
};

/// The loop nest of an op from its index factors; an error at an op that has none.
mlir::FailureOr<LoopNest> loopNest(mlir::Operation *op);

} // namespace plimsoll::lower

#endif // PLIMSOLL_PASSES_LOWER_LOOPBODIES_H
