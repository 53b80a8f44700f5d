//===- ScalarOps.h - the ops that the body of a loop may contain ----*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_EXEC_SCALAROPS_H
#define PLIMSOLL_DIALECTS_EXEC_SCALAROPS_H

#include "mlir/IR/Operation.h"

namespace plimsoll::exec {

/// True for the types of elements in the arena and of values in bodies: f32, f64, bf16, i64, i32,
/// i8, i1.
bool isElementType(mlir::Type type);

/// Reports an error at `op`, an op in a loop's body, if targets cannot print it or would print
/// something else than it means: an op that is not in ScalarOps.def, a value from outside of the
/// body, a type that the op has no form for. i8 and i1 are unsigned, other integers are signed.
mlir::LogicalResult verifyScalarOp(mlir::Operation *op);

} // namespace plimsoll::exec

#endif // PLIMSOLL_DIALECTS_EXEC_SCALAROPS_H
