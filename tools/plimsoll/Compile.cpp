//===- Compile.cpp - plimsoll compile, plimsoll plan ----------------------------------===//
#include "compiler/pipeline/Emit.h"
#include "compiler/pipeline/Summary.h"
#include "compiler/pipeline/Sweep.h"
#include "compiler/pipeline/TimelinePage.h"
#include "compiler/pipeline/Traces.h"
#include "plimsoll/Shown.h"
#include "tools/plimsoll/Commands.h"
#include "tools/plimsoll/Diagnostics.h"
#include "tools/plimsoll/Output.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::cli;
using pipeline::Stage;

/// Prints text that plimsoll-opt can read, with the user's names as locations of the ops.
static void printModule(ModuleOp module, llvm::raw_ostream &os) {
  OpPrintingFlags flags;
  flags.enableDebugInfo(true, /*prettyForm=*/false).useLocalScope();
  module.print(os, flags);
  os << "\n";
}

static int writeReport(const pipeline::Compilation &compilation,
                       const pipeline::CompileOptions &options,
                       const std::vector<codegen::KernelResources> &kernels,
                       const std::string &path) {
  llvm::json::Object report = pipeline::toJson(pipeline::summarize(compilation, options));
  report["parameters"] = pipeline::parameterJson(compilation.ir());
  if (!kernels.empty()) {
    llvm::json::Array list;
    for (const codegen::KernelResources &kernel : kernels)
      list.push_back(llvm::json::Object{{"kernel", kernel.name},
                                        {"registers", kernel.registers},
                                        {"spilled_bytes", kernel.spilledBytes},
                                        {"shared_bytes", kernel.sharedBytes}});
    report["kernels"] = std::move(list);
  }
  return writeText(path, [&](llvm::raw_ostream &os) {
    os << llvm::formatv("{0:2}", llvm::json::Value(std::move(report))) << "\n";
  });
}

/// Writes the pictures, traces and the sweep that were requested; returns the exit code.
static int writePictures(const memory::PlanOutcome &outcome, const RawOptions &raw) {
  std::string title = utf8(llvm::sys::path::filename(raw.model));
  using Make = llvm::function_ref<std::string()>;
  auto write = [&](const std::string &path, Make make) {
    return path.empty() ? kDone : writeText(path, [&](llvm::raw_ostream &os) { os << make(); });
  };
  if (int code = write(raw.timeline, [&] { return pipeline::timelinePage(outcome, title); }))
    return code;
  if (int code = write(raw.trace, [&] { return pipeline::chromeTrace(outcome, title); }))
    return code;
  if (int code = write(raw.memoryViz, [&] { return pipeline::memorySnapshot(outcome); }))
    return code;
  return write(raw.sweepSvg, [&] { return pipeline::sweepSvg(outcome, title); });
}

static void printSummary(const pipeline::Compilation &compilation,
                         const pipeline::CompileOptions &options, const RawOptions &raw) {
  pipeline::Summary summary = pipeline::summarize(compilation, options);
  if (raw.json) {
    llvm::json::Object object = pipeline::toJson(summary);
    if (raw.sweep) {
      object["frontier"] = pipeline::sweepJson(compilation.outcome);
      object["checkpoints_by_rule"] = pipeline::policiesJson(compilation.outcome);
    }
    if (raw.dryRun)
      object["parameters"] = pipeline::parameterJson(compilation.ir());
    return printJson(std::move(object));
  }
  if (raw.report != "-")
    llvm::outs() << pipeline::toText(summary);
  if (raw.dryRun)
    llvm::outs() << "\n" << pipeline::parameterText(compilation.ir());
  if (raw.sweep)
    llvm::outs() << "\n" << pipeline::sweepText(compilation.outcome);
}

int cli::runCompile(const Parsed &parsed, const pipeline::CompileOptions &options, Stage stage) {
  const RawOptions &raw = parsed.options;
  bool planOnly = parsed.command == Command::Plan || raw.dryRun;
  if (int code = checkWritable({raw.report, raw.timeline, raw.sweepSvg, raw.trace, raw.memoryViz}))
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
  if (raw.strict && diagnostics.warnings() > 0)
    return cli::failed("--strict: " + llvm::Twine(diagnostics.warnings()) +
                       (diagnostics.warnings() == 1 ? " warning" : " warnings") +
                       " about the model; nothing was written");
  std::vector<codegen::KernelResources> kernels;
  bool isText = !planOnly && stage < Stage::Source;
  if (isText) {
    auto print = [&](llvm::raw_ostream &os) { printModule(*compilation->module, os); };
    if (int code = writeText(raw.output, print); code || stage < Stage::Plan)
      return code;
  } else if (!planOnly) {
    std::string output = raw.output.empty() ? llvm::sys::path::stem(raw.model).str() : raw.output;
    auto emitted = pipeline::emitProgram(*compilation, options, stage, output);
    if (!emitted)
      return cli::failed(llvm::toString(emitted.takeError()));
    kernels = std::move(*emitted);
  }
  if (!raw.report.empty())
    if (int code = writeReport(*compilation, options, kernels, raw.report))
      return code;
  if (!isText || raw.json)
    printSummary(*compilation, options, raw);
  if (int code = writePictures(compilation->outcome, raw))
    return code;
  if (int hidden = diagnostics.hiddenRemarks())
    llvm::errs() << hidden << " remarks about the model; --remarks prints them\n";
  return kDone;
}
