//===- Import.h - from an ONNX file to the nn dialect --------------*- C++ -*-===//
//
// The front door of compiler/onnx. A file becomes a module with one `nn.parameter` a
// parameter and a function `forward`; integer and boolean arithmetic is evaluated on
// the way, so that what is left works on the data of a step.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_IMPORT_H
#define PLIMSOLL_COMPILER_ONNX_IMPORT_H

#include "compiler/frontend/FrontEnd.h"

namespace plimsoll::import {

using frontend::ModelOptions;

/// Reads the model. Every problem of the file is reported, in one error, then null is
/// returned. Splits, ties and restored parameters are reported as remarks.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(mlir::MLIRContext *context,
                                             const ModelOptions &options);

/// Returns the names in the file. Nothing where it cannot be read as a model: importing it says
/// why.
std::optional<frontend::ModelOutline> outlineOf(const std::string &path);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_IMPORT_H
