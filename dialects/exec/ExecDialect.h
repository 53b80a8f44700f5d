//===- ExecDialect.h - programs on an arena ------------------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_EXEC_EXECDIALECT_H
#define PLIMSOLL_DIALECTS_EXEC_EXECDIALECT_H

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
#define GET_TYPEDEF_CLASSES
#include "dialects/exec/ExecTypes.h.inc"
#define GET_OP_CLASSES
#include "dialects/exec/ExecOps.h.inc"

namespace plimsoll::exec {
/// Attributes of slices: an input's role, shape and exclusive upper limit of its
/// integers, the label of rows that do not count, whether it is read whole, where its classes lie
/// in the output (see nn::kWholeAttr, nn::kClassesAttr); a constant's content.
inline constexpr llvm::StringLiteral kRoleAttr = "role", kShapeAttr = "shape", kLimitAttr = "limit",
                                     kIgnoredAttr = "ignored", kWholeAttr = "whole",
                                     kClassesAttr = "classes", kValueAttr = "value";
/// Attribute of launches: the number of the repetition, from 1.
inline constexpr llvm::StringLiteral kRecomputeAttr = "recompute";
/// Attributes of programs: names and offsets of what the host reads after the last launch.
inline constexpr llvm::StringLiteral kResultsAttr = "results",
                                     kResultOffsetsAttr = "result_offsets";

/// The first timeline of `kind` in `module`, or null.
ProgramOp firstTimeline(mlir::ModuleOp module, TimelineKind kind);
/// The op that declares the version that `value` is.
inline SliceOp sliceOf(mlir::Value value) {
  return value.getDefiningOp<SliceOp>();
}
/// True for `exec.call` and `exec.loop`.
inline bool isLaunch(mlir::Operation *op) {
  return mlir::isa<CallOp, LoopOp>(op);
}
mlir::OperandRange readsOf(mlir::Operation *launch);
mlir::OperandRange writesOf(mlir::Operation *launch);
/// Pairs (write, read) that may lie at the same offset.
mlir::ArrayRef<int64_t> mayAliasOf(mlir::Operation *launch);
} // namespace plimsoll::exec

#endif // PLIMSOLL_DIALECTS_EXEC_EXECDIALECT_H
