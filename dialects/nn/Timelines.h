//===- Timelines.h - the functions that a program can run -----------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_NN_TIMELINES_H
#define PLIMSOLL_DIALECTS_NN_TIMELINES_H

#include "dialects/nn/NNDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::nn {

/// Returns the attribute that makes `function` a timeline, or null.
TimelineAttr timelineOf(mlir::func::FuncOp function);
void setTimeline(mlir::func::FuncOp function, TimelineKind kind, int64_t weight = 1);

/// Returns the functions of `module` that are timelines, in order.
llvm::SmallVector<mlir::func::FuncOp> timelinesOf(mlir::ModuleOp module);
/// Returns the first timeline of `kind`, or null.
mlir::func::FuncOp firstTimeline(mlir::ModuleOp module, TimelineKind kind);

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_TIMELINES_H
