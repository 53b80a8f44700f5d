//===- Diagnostics.h - how errors and remarks reach the user --------------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_PLIMSOLL_DIAGNOSTICS_H
#define PLIMSOLL_TOOLS_PLIMSOLL_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include <string>

namespace plimsoll::cli {

/// Prints errors and warnings to stderr as `model.onnx: error: ...`; remarks too where
/// they were asked for. Counts the warnings, whoever gives them, for --strict.
class Diagnostics : public mlir::ScopedDiagnosticHandler {
public:
  Diagnostics(mlir::MLIRContext *context, std::string model, bool remarks);
  /// Remarks that were not printed.
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
