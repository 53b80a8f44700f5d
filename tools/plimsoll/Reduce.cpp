//===- Reduce.cpp - plimsoll reduce ----------------------------------------------------===//
#include "compiler/frontend/FrontEnd.h"
#include "plimsoll/Shown.h"
#include "tools/plimsoll/Commands.h"
#include "tools/plimsoll/Output.h"
#include "llvm/Support/Path.h"

using namespace plimsoll;
using namespace plimsoll::cli;

int cli::run(const ReduceCommand &raw) {
  if (int code = checkWritable({raw.output}))
    return code;
  frontend::ReduceOptions options{raw.model, raw.output, raw.check};
  llvm::Expected<frontend::ReduceReport> report = frontend::frontEndOf(raw.model).reduce(
      options, [](const llvm::Twine &what) { llvm::errs() << shownLines(what.str()) << "\n"; });
  if (!report) {
    llvm::errs() << shown(llvm::sys::path::filename(raw.model))
                 << ": error: " << shownLines(llvm::toString(report.takeError())) << "\n";
    return kFailed;
  }
  llvm::outs() << shown(raw.output) << ": " << report->after << " of " << report->before
               << " nodes, after " << report->trials << " trials\n";
  return kDone;
}
