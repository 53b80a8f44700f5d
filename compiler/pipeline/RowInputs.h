//===- RowInputs.h - what a data source feeds ------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_ROWINPUTS_H
#define PLIMSOLL_COMPILER_PIPELINE_ROWINPUTS_H

#include "compiler/pipeline/Pipeline.h"

namespace plimsoll::pipeline {

/// Marks the inputs that --whole names, in every timeline. What no data source can feed, because
/// its first dimension is not the batch's, is told: as an error where `options.feed` says that the
/// program will be fed by one, as a warning where it only may be.
mlir::LogicalResult settleInputs(mlir::ModuleOp module, const CompileOptions &options);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_ROWINPUTS_H
