//===- Export.h - writes trained weights into the user's ONNX file --*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_IMPORT_EXPORT_H
#define PLIMSOLL_COMPILER_IMPORT_EXPORT_H

#include "compiler/import/Import.h"
#include "llvm/Support/Error.h"
#include <optional>

namespace plimsoll::import {

struct ExportOptions {
  ImportOptions import; ///< of the model; its shapes need not be bound
  /// A checkpoint, or any safetensors file with the framework's names; empty: the model's own
  /// weights.
  std::string weights;
  std::string adapters;        ///< a checkpoint of adapters to merge, or ""
  std::optional<double> alpha; ///< of the adapters, if their file does not say it
  std::string output;
  bool externalData = false; ///< write parameters to `<output>.data`
  bool keepMissing = false;  ///< parameters that the checkpoint lacks keep their values
};

/// The number of tensors that an export wrote.
struct ExportReport {
  int64_t parameters = 0; ///< taken from the checkpoint
  int64_t kept = 0;       ///< not in the checkpoint
  int64_t merged = 0;     ///< adapters merged
  int64_t added = 0;      ///< initializers that the file did not have
};

/// Writes the model with the parameters of a checkpoint in place of its own. What importing undoes
/// is done again: parameters are transposed, expanded and tied as in the file. If training made
/// parameters different that shared an initializer, others are added beside it, and their nodes use
/// these. Everything else stays byte for byte. Fails if the checkpoint does not fit or a file
/// cannot be written.
llvm::Expected<ExportReport> exportOnnx(const ExportOptions &options);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_IMPORT_EXPORT_H
