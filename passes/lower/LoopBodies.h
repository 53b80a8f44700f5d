//===- LoopBodies.h - the scalar computation of each elementwise op ----------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_LOWER_LOOPBODIES_H
#define PLIMSOLL_PASSES_LOWER_LOOPBODIES_H

#include "mlir/IR/Builders.h"

namespace plimsoll::lower {

/// Builds the scalar computation of `op` from one element of each operand. Returns the result's
/// element; fails after an error if `op` is not elementwise.
mlir::FailureOr<mlir::Value> buildBody(mlir::OpBuilder &builder, mlir::Operation *op,
                                       mlir::ValueRange elements);

} // namespace plimsoll::lower

#endif // PLIMSOLL_PASSES_LOWER_LOOPBODIES_H
