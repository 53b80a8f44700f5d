//===- Export.h - trained weights back into the user's ONNX file ----*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_IMPORT_EXPORT_H
#define PLIMSOLL_COMPILER_IMPORT_EXPORT_H

#include "compiler/import/Import.h"
#include "llvm/Support/Error.h"
#include <optional>

namespace plimsoll::import {

struct ExportOptions {
  ImportOptions import; ///< the model; its shapes need not be bound
  /// A checkpoint, or any safetensors file with the framework's names; empty: the model's own.
  std::string weights;
  std::string adapters;        ///< a checkpoint of adapters to merge, or empty
  std::optional<double> alpha; ///< of the adapters, where their file does not say it
  std::string output;
  bool externalData = false; ///< parameters go to `<output>.data`
  bool keepMissing = false;  ///< parameters that the checkpoint lacks keep their values
};

/// What was written.
struct ExportReport {
  int64_t parameters = 0; ///< taken from the checkpoint
  int64_t kept = 0;       ///< not in it
  int64_t merged = 0;     ///< adapters
  int64_t added = 0;      ///< initializers that the file did not have
};

/// Writes the model with the parameters of a checkpoint in the place of its own. What
/// importing undoes is done again: parameters are transposed, expanded and tied as the file has
/// them. An initializer that stood for several parameters, which training made different,
/// gets others beside it, each used by its own nodes. All else stays byte for byte.
llvm::Expected<ExportReport> exportOnnx(const ExportOptions &options);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_IMPORT_EXPORT_H
