//===- plimsoll.cpp - the compiler driver -------------------------------------------===//
#include "compiler/pipeline/Emit.h"
#include "compiler/pipeline/Summary.h"
#include "compiler/pipeline/TimelinePage.h"
#include "tools/plimsoll/CommandLine.h"
#include "tools/plimsoll/Diagnostics.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::cli;
using pipeline::Stage;

static int usageError(const std::string &message) {
  llvm::errs() << "plimsoll: error: " << message << "\n";
  return kWrongUsage;
}

static int failed(const llvm::Twine &message) {
  llvm::errs() << "plimsoll: error: " << message << "\n";
  return kFailed;
}

/// Writes text to a file, or to standard output for "-" and "".
static int writeText(const std::string &path, llvm::function_ref<void(llvm::raw_ostream &)> print) {
  if (path.empty() || path == "-") {
    print(llvm::outs());
    return kDone;
  }
  std::error_code error;
  llvm::raw_fd_ostream file(path, error);
  if (error)
    return failed("cannot write '" + llvm::Twine(path) + "': " + error.message());
  print(file);
  file.close();
  if (!file.has_error())
    return kDone;
  error = file.error();
  file.clear_error();
  llvm::sys::fs::remove(path);
  return failed("cannot write '" + llvm::Twine(path) + "': " + error.message());
}

/// Fails early where a report could not be written late.
static int checkWritable(std::initializer_list<llvm::StringRef> paths) {
  for (llvm::StringRef path : paths) {
    llvm::StringRef folder = llvm::sys::path::parent_path(path);
    if (!folder.empty() && !llvm::sys::fs::is_directory(folder))
      return failed("there is no folder '" + folder + "' to write '" + path + "' to");
  }
  return kDone;
}

static void printModule(ModuleOp module, llvm::raw_ostream &os) {
  OpPrintingFlags flags;
  flags.enableDebugInfo(true, true).elideLargeElementsAttrs(64);
  module.print(os, flags);
  os << "\n";
}

static int writeReport(const pipeline::Compilation &compilation,
                       const pipeline::CompileOptions &options, const std::string &path) {
  llvm::json::Object report = pipeline::toJson(pipeline::summarize(compilation, options));
  report["parameters"] =
      pipeline::parameterJson(*const_cast<pipeline::Compilation &>(compilation).module);
  return writeText(path, [&](llvm::raw_ostream &os) {
    os << llvm::formatv("{0:2}", llvm::json::Value(std::move(report))) << "\n";
  });
}

/// The pictures and the sweep, where they were asked for.
static int writePictures(const pipeline::Compilation &compilation, const RawOptions &raw) {
  const planner::Solution &solution = compilation.outcome.result.solution;
  int code = kDone;
  if (!raw.timeline.empty())
    code = writeText(raw.timeline, [&](llvm::raw_ostream &os) {
      os << pipeline::timelinePage(compilation.outcome, llvm::sys::path::filename(raw.model));
    });
  if (code == kDone && !raw.sweepSvg.empty())
    code =
        writeText(raw.sweepSvg, [&](llvm::raw_ostream &os) { os << pipeline::sweepSvg(solution); });
  if (code == kDone && raw.sweep)
    llvm::outs() << "\n" << pipeline::sweepText(solution);
  return code;
}

static int run(const Parsed &parsed, const pipeline::CompileOptions &options, Stage stage) {
  const RawOptions &raw = parsed.options;
  bool planOnly = parsed.command == Command::Plan || raw.dryRun;
  if (int code = checkWritable({raw.report, raw.timeline, raw.sweepSvg}))
    return code;
  DialectRegistry registry;
  pipeline::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  Diagnostics diagnostics(&context, llvm::sys::path::filename(raw.model).str(), raw.remarks);
  Stage last = planOnly ? Stage::Exec : std::min(stage, Stage::Exec);
  memory::PlanOutcome outcome;
  FailureOr<pipeline::Compilation> compilation =
      pipeline::compileTo(context, options, last, &outcome);
  if (mlir::failed(compilation))
    return outcome.result.refusal ? kNoPlanFits : kFailed;
  if (!planOnly && stage < Stage::Source)
    return writeText(raw.output,
                     [&](llvm::raw_ostream &os) { printModule(*compilation->module, os); });

  if (!planOnly) {
    std::string output = raw.output.empty() ? llvm::sys::path::stem(raw.model).str() : raw.output;
    if (llvm::Error error = pipeline::emitProgram(*compilation, options, stage, output))
      return failed(llvm::toString(std::move(error)));
  }
  if (!raw.report.empty())
    if (int code = writeReport(*compilation, options, raw.report))
      return code;
  pipeline::Summary summary = pipeline::summarize(*compilation, options);
  if (raw.json)
    llvm::outs() << llvm::formatv("{0:2}", llvm::json::Value(pipeline::toJson(summary))) << "\n";
  else if (raw.report != "-")
    llvm::outs() << pipeline::toText(summary);
  if (raw.dryRun && !raw.json)
    llvm::outs() << "\n" << pipeline::parameterText(*compilation->module);
  if (int code = writePictures(*compilation, raw))
    return code;
  if (int hidden = diagnostics.hiddenRemarks())
    llvm::errs() << hidden << " remarks about the model; --remarks prints them\n";
  return kDone;
}

int main(int argc, char **argv) {
  Parsed parsed = parseCommandLine(argc, argv);
  if (parsed.exitCode >= 0)
    return parsed.exitCode;
  pipeline::CompileOptions options;
  std::string error;
  if (!toCompileOptions(parsed.options, options, error))
    return usageError(error);
  Stage stage;
  if (!parseStage(parsed.options.emit, stage))
    return usageError("--emit=" + parsed.options.emit +
                      ": expected nn, step, kernels, plan, exec, source, library or binary");
  return run(parsed, options, stage);
}
