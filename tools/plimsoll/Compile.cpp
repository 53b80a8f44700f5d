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
static int writePictures(const memory::PlanOutcome &outcome, const std::string &model,
                         const ReportOptions &raw) {
  std::string title = utf8(llvm::sys::path::filename(model));
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

/// Prints the summary. `dryRun`: with the table of parameters.
static void printSummary(const pipeline::Compilation &compilation,
                         const pipeline::CompileOptions &options, const ReportOptions &raw,
                         bool dryRun) {
  pipeline::Summary summary = pipeline::summarize(compilation, options);
  if (raw.json) {
    llvm::json::Object object = pipeline::toJson(summary);
    if (raw.sweep) {
      object["frontier"] = pipeline::sweepJson(compilation.outcome);
      object["checkpoints_by_rule"] = pipeline::policiesJson(compilation.outcome);
    }
    if (dryRun)
      object["parameters"] = pipeline::parameterJson(compilation.ir());
    return printJson(std::move(object));
  }
  if (raw.report != "-")
    llvm::outs() << pipeline::toText(summary);
  if (dryRun)
    llvm::outs() << "\n" << pipeline::parameterText(compilation.ir());
  if (raw.sweep)
    llvm::outs() << "\n" << pipeline::sweepText(compilation.outcome);
}

namespace {

/// What is made of a model besides its reports.
struct Product {
  std::optional<Stage> stage; ///< nothing: a plan alone
  std::string output;
  bool withParameters = false; ///< the summary has the table of parameters
};

} // namespace

/// Compiles, writes the product and the reports, and returns the exit code.
static int make(const std::string &model, const pipeline::CompileOptions &options,
                const ReportOptions &raw, const Product &product) {
  if (int code = checkWritable({raw.report, raw.timeline, raw.sweepSvg, raw.trace, raw.memoryViz}))
    return code;
  DialectRegistry registry;
  pipeline::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  Diagnostics diagnostics(&context, llvm::sys::path::filename(model).str(), raw.remarks);
  Stage last = std::min(product.stage.value_or(Stage::Exec), Stage::Exec);
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
  bool isText = product.stage && *product.stage < Stage::Source;
  if (isText) {
    auto print = [&](llvm::raw_ostream &os) { printModule(compilation->ir(), os); };
    if (int code = writeText(product.output, print); code || *product.stage < Stage::Plan)
      return code;
  } else if (product.stage) {
    std::string output =
        product.output.empty() ? llvm::sys::path::stem(model).str() : product.output;
    auto emitted = pipeline::emitProgram(*compilation, options, *product.stage, output);
    if (!emitted)
      return cli::failed(llvm::toString(emitted.takeError()));
    kernels = std::move(*emitted);
  }
  if (!raw.report.empty())
    if (int code = writeReport(*compilation, options, kernels, raw.report))
      return code;
  if (!isText || raw.json)
    printSummary(*compilation, options, raw, product.withParameters);
  if (int code = writePictures(compilation->outcome, model, raw))
    return code;
  if (int hidden = diagnostics.hiddenRemarks())
    llvm::errs() << hidden << " remarks about the model; --remarks prints them\n";
  return kDone;
}

int cli::run(const CompileCommand &command) {
  pipeline::CompileOptions options;
  std::string error;
  Stage stage;
  if (!toCompileOptions(command.step, options, error))
    return usageError(error);
  if (!parseStage(command.emit, stage))
    return usageError("--emit=" + command.emit +
                      ": expected nn, step, kernels, plan, exec, source, library or binary");
  if (!checkReports(command, stage, error))
    return usageError(error);
  options.seed = command.seed;
  options.poison = command.poison;
  options.scaleRule = command.scaleRule;
  options.model.withoutWeights = command.dryRun;
  if (command.dryRun)
    options.feed = pipeline::Feed::ByEither;
  else if (stage == Stage::Binary)
    options.feed = pipeline::Feed::ByData;
  Product product{stage, command.output};
  if (command.dryRun)
    product = {std::nullopt, "", /*withParameters=*/true};
  return make(command.step.network.model, options, command.reports, product);
}

int cli::run(const PlanCommand &command) {
  pipeline::CompileOptions options;
  std::string error;
  if (!toCompileOptions(command.step, options, error))
    return usageError(error);
  options.steps = command.steps;
  options.model.withoutWeights = true;
  options.feed = pipeline::Feed::ByEither;
  options.planning.fullFrontier = command.reports.sweep || !command.reports.sweepSvg.empty();
  if (!command.max.empty())
    return runMax(command, options);
  return make(command.step.network.model, options, command.reports, {});
}
