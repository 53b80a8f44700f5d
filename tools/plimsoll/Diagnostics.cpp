//===- Diagnostics.cpp - prints errors and remarks for the user ---------------------===//
#include "tools/plimsoll/Diagnostics.h"
#include "plimsoll/Shown.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace plimsoll::cli;

Diagnostics::Diagnostics(MLIRContext *context, std::string model, bool remarks)
    : ScopedDiagnosticHandler(context), model(std::move(model)), remarks(remarks) {
  context->printOpOnDiagnostic(false);
  setHandler([this](Diagnostic &diagnostic) { return handle(diagnostic); });
}

LogicalResult Diagnostics::handle(Diagnostic &diagnostic) {
  StringRef severity;
  switch (diagnostic.getSeverity()) {
  case DiagnosticSeverity::Error:
    severity = "error";
    break;
  case DiagnosticSeverity::Warning:
    severity = "warning";
    ++warned;
    break;
  case DiagnosticSeverity::Note:
    severity = "note";
    break;
  case DiagnosticSeverity::Remark:
    if (!remarks) {
      ++hidden;
      return success();
    }
    severity = "remark";
    break;
  }
  llvm::errs() << shown(model) << ": " << severity << ": " << shownLines(diagnostic.str()) << "\n";
  StringRef indent = "  ";
  for (Diagnostic &note : diagnostic.getNotes()) {
    std::string text = note.str();
    llvm::errs() << indent << shownLines(text) << "\n";
    if (StringRef(text).ends_with(":")) // the notes behind it are its list
      indent = "      ";
  }
  return success();
}
