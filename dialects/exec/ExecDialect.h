//===- ExecDialect.h - programs on an arena ------------------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_EXEC_EXECDIALECT_H
#define PLIMSOLL_DIALECTS_EXEC_EXECDIALECT_H

#include "dialects/support/Attributes.h"
#include "dialects/support/KernelKey.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <limits>

#include "dialects/exec/ExecDialect.h.inc"
#include "dialects/exec/ExecEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/exec/ExecAttributes.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/exec/ExecTypes.h.inc"
#define GET_OP_CLASSES
#include "dialects/exec/ExecOps.h.inc"

namespace plimsoll::exec {
/// Returns the first timeline of `kind` in `module`, or null.
ProgramOp firstTimeline(mlir::ModuleOp module, TimelineKind kind);
/// Returns the op that declares the version `value`.
inline SliceOp sliceOf(mlir::Value value) {
  return value.getDefiningOp<SliceOp>();
}
/// True for `exec.call` and `exec.loop`.
inline bool isLaunch(mlir::Operation *op) {
  return mlir::isa<CallOp, LoopOp>(op);
}
mlir::OperandRange readsOf(mlir::Operation *launch);
mlir::OperandRange writesOf(mlir::Operation *launch);
/// Returns the number of a launch's repetition, from 1; nothing if it is the first run.
std::optional<int64_t> repetitionOf(mlir::Operation *launch);
/// Returns what a launch does; null if nothing is recorded.
WorkAttr workOf(mlir::Operation *launch);
/// Returns the pairs (write, read) of a launch that may lie at the same offset, flattened.
mlir::ArrayRef<int64_t> mayAliasOf(mlir::Operation *launch);
} // namespace plimsoll::exec

#endif // PLIMSOLL_DIALECTS_EXEC_EXECDIALECT_H
