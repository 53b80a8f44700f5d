//===- RowInputs.h - inputs that a data source can feed --------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_ROWINPUTS_H
#define PLIMSOLL_COMPILER_PIPELINE_ROWINPUTS_H

#include "compiler/pipeline/Pipeline.h"

namespace plimsoll::pipeline {

/// Marks the inputs that --whole names, in every timeline. Reports inputs that no data source can
/// feed because their first dimension is not the batch: as errors if `options.feed` says that a
/// data source will feed the program, as a warning if it may.
mlir::LogicalResult settleInputs(mlir::ModuleOp module, const CompileOptions &options);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_ROWINPUTS_H
