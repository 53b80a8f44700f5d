//===- Calibrate.h - measuring a device for the cost model -----------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_CALIBRATE_H
#define PLIMSOLL_COMPILER_PIPELINE_CALIBRATE_H

#include "compiler/pipeline/Pipeline.h"
#include "llvm/Support/Error.h"

namespace plimsoll::pipeline {

/// Trains small networks of several sizes on this machine, which takes a few minutes, and makes a
/// device model from the time of every launch. Calls `progress` with what is being measured.
llvm::Expected<target::DeviceModel>
calibrate(mlir::MLIRContext &context, const CompileOptions &options,
          llvm::function_ref<void(const llvm::Twine &)> progress);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_CALIBRATE_H
