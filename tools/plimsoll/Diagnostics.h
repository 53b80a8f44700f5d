//===- Diagnostics.h - prints errors and remarks for the user --------------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_PLIMSOLL_DIAGNOSTICS_H
#define PLIMSOLL_TOOLS_PLIMSOLL_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include <string>

namespace plimsoll::cli {

/// Prints errors and warnings to stderr as `model.onnx: error: ...`, and remarks if they were
/// requested. Counts all warnings, for --strict.
class Diagnostics : public mlir::ScopedDiagnosticHandler {
public:
  Diagnostics(mlir::MLIRContext *context, std::string model, bool remarks);
  /// The number of remarks that were not printed.
  int hiddenRemarks() const { return hidden; }
  int warnings() const { return warned; }

private:
  mlir::LogicalResult handle(mlir::Diagnostic &diagnostic);

  std::string model;
  bool remarks;
  int hidden = 0, warned = 0;
};

} // namespace plimsoll::cli

#endif // PLIMSOLL_TOOLS_PLIMSOLL_DIAGNOSTICS_H
