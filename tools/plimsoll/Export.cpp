//===- Export.cpp - plimsoll export ---------------------------------------------------===//
#include "compiler/frontend/FrontEnd.h"
#include "plimsoll/Shown.h"
#include "tools/plimsoll/Commands.h"
#include "tools/plimsoll/FineTuning.h"
#include "tools/plimsoll/Output.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace plimsoll;
using namespace plimsoll::cli;

static void print(const ExportCommand &raw, const frontend::ExportReport &report) {
  llvm::StringRef comma = "";
  auto say = [&](int64_t count, const llvm::Twine &what) {
    if (count > 0) {
      llvm::outs() << comma << count << shown(what.str());
      comma = ", ";
    }
  };
  llvm::outs() << shown(raw.output) << ": ";
  say(report.parameters, " parameters of '" + raw.weights + "'");
  say(report.kept, " kept as they were");
  say(report.merged, " adapters merged");
  say(report.added, " in initializers of their own, which the model had merged");
  llvm::outs() << "\n";
}

int cli::run(const ExportCommand &raw) {
  if (int code = checkWritable({raw.output}))
    return code;
  if (llvm::sys::fs::is_directory(raw.output))
    return failed("'" + raw.output + "' is a folder; choose another name with -o");
  frontend::ExportOptions exporting;
  std::string error;
  if (!parseAdapters(raw.adapters, exporting.adapters, exporting.alpha, error))
    return usageError(error);
  if (raw.weights.empty() && raw.adapters.empty())
    return usageError("export needs trained weights: --weights=FILE, or --lora=FILE for adapters");
  exporting.model.path = raw.model;
  exporting.model.weights = raw.weights; // some files have their weights as inputs
  exporting.weights = raw.weights;
  exporting.output = raw.output;
  exporting.externalData = raw.externalData;
  exporting.keepMissing = raw.keepMissing;
  llvm::Expected<frontend::ExportReport> report =
      frontend::frontEndOf(raw.model).exportWeights(exporting);
  if (!report) {
    llvm::errs() << shown(llvm::sys::path::filename(raw.model))
                 << ": error: " << shownLines(llvm::toString(report.takeError())) << "\n";
    return kFailed;
  }
  print(raw, *report);
  return kDone;
}
