//===- plimsoll.cpp - the compiler driver -------------------------------------------===//
#include "compiler/FrontEnds.h"
#include "tools/plimsoll/Commands.h"
#include "tools/plimsoll/Output.h"

using namespace plimsoll;
using namespace plimsoll::cli;

int main(int argc, char **argv) {
  registerFrontEnds();
  Parsed parsed = parseCommandLine(argc, argv);
  if (parsed.exitCode >= 0)
    return parsed.exitCode;
  pipeline::CompileOptions options;
  std::string error;
  if (!toCompileOptions(parsed.options, options, error))
    return usageError(error);
  pipeline::Stage stage;
  if (!parseStage(parsed.options.emit, stage))
    return usageError("--emit=" + parsed.options.emit +
                      ": expected nn, step, kernels, plan, exec, source, library or binary");
  if (!checkReports(parsed.options, stage, error))
    return usageError(error);
  if (parsed.command == Command::Calibrate)
    return runCalibrate(parsed, options);
  if (parsed.command == Command::Reduce)
    return runReduce(parsed);
  if (parsed.command == Command::Export)
    return runExport(parsed, options);
  if (parsed.command == Command::Gradcheck)
    return runGradcheck(parsed, options);
  options.model.withoutWeights = parsed.command != Command::Compile || parsed.options.dryRun;
  bool planOnly = parsed.command == Command::Plan || parsed.options.dryRun;
  if (planOnly || stage == pipeline::Stage::Binary)
    options.feed = planOnly ? pipeline::Feed::ByEither : pipeline::Feed::ByData;
  if (parsed.command == Command::Plan && !parsed.options.max.empty())
    return runMax(parsed, options);
  return parsed.command == Command::Explain ? runExplain(parsed, options)
                                            : runCompile(parsed, options, stage);
}
