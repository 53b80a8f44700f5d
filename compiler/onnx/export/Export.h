//===- Export.h - writes trained weights into the user's ONNX file --*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_EXPORT_EXPORT_H
#define PLIMSOLL_COMPILER_ONNX_EXPORT_EXPORT_H

#include "compiler/onnx/Import.h"

namespace plimsoll::import {

using frontend::ExportOptions;
using frontend::ExportReport;

/// Writes the model with the parameters of a checkpoint in the place of its own. What
/// importing undoes is done again: parameters are transposed, expanded and tied as the file has
/// them. An initializer that stood for several parameters, which training made different,
/// gets others beside it, each used by its own nodes. All else stays byte for byte.
llvm::Expected<ExportReport> exportOnnx(const ExportOptions &options);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_EXPORT_EXPORT_H
