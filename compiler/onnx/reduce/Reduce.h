//===- Reduce.h - finds a small model that fails as a large one does -*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_REDUCE_REDUCE_H
#define PLIMSOLL_COMPILER_ONNX_REDUCE_REDUCE_H

#include "compiler/frontend/FrontEnd.h"

namespace plimsoll::import {

using frontend::ReduceOptions;
using frontend::ReduceReport;

/// Cuts the model at its ends for as long as the command exits with 0: values inside become
/// outputs, and, where the file has their shapes, inputs; what nothing needs any more goes. Writes
/// the smallest candidate to `output`. `tell` hears of every cut.
llvm::Expected<ReduceReport> reduceModel(const ReduceOptions &options,
                                         llvm::function_ref<void(const llvm::Twine &)> tell);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_REDUCE_REDUCE_H
