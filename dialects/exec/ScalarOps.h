//===- ScalarOps.h - what the body of a loop may hold ---------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_EXEC_SCALAROPS_H
#define PLIMSOLL_DIALECTS_EXEC_SCALAROPS_H

#include "mlir/IR/Operation.h"

namespace plimsoll::exec {

/// The types of elements in the arena, and of values in bodies: f32, f64, bf16, i64, i32, i8, i1.
bool isElementType(mlir::Type type);

/// An error at `op`, which stands in a loop's body, if targets do not print it or would print what
/// it does not mean: an op that is not in the table, a value from outside of the body, a type that
/// the op has no form for. Bytes and bools are unsigned, other integers are signed.
mlir::LogicalResult verifyScalarOp(mlir::Operation *op);

} // namespace plimsoll::exec

#endif // PLIMSOLL_DIALECTS_EXEC_SCALAROPS_H
