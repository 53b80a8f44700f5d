//===- Max.cpp - plimsoll plan MODEL --max=batch ---------------------------------------===//
#include "compiler/pipeline/Largest.h"
#include "tools/plimsoll/Commands.h"
#include "tools/plimsoll/Output.h"
#include "llvm/Support/Path.h"

using namespace plimsoll;
using namespace plimsoll::cli;

static int checkUsage(const PlanCommand &raw, const pipeline::CompileOptions &options) {
  const ReportOptions &reports = raw.reports;
  if (raw.max != "batch" && raw.max != "seq")
    return usageError("--max=" + raw.max + ": expected batch or seq");
  if (!options.memory && !options.memoryTotal)
    return usageError("--max needs the memory that the step may have: --memory=BYTES");
  if (!(raw.slowdown >= 1))
    return usageError("--slowdown: expected a number of at least 1");
  for (const std::string *path :
       {&reports.report, &reports.timeline, &reports.trace, &reports.memoryViz, &reports.sweepSvg})
    if (!path->empty() || reports.sweep)
      return usageError("--max tries many plans, reports and pictures show one; plan again with "
                        "the size that it finds");
  return kDone;
}

int cli::runMax(const PlanCommand &raw, const pipeline::CompileOptions &options) {
  if (int code = checkUsage(raw, options))
    return code;
  auto largest =
      pipeline::findLargest(options, raw.max, raw.slowdown, [&](const pipeline::SizeTrial &trial) {
        llvm::errs() << raw.max << " " << trial.size << (trial.fits ? " fits\n" : " does not\n");
      });
  if (!largest)
    return failed(llvm::toString(largest.takeError()));
  if (raw.reports.json)
    printJson(pipeline::toJson(*largest));
  else
    llvm::outs() << pipeline::toText(*largest);
  if (largest->size > 0)
    return kDone;
  const pipeline::SizeTrial *above = largest->above();
  return above && above->arenaBytes == 0 ? kFailed : kNoPlanFits;
}
