//===- Options.h - the command line of plimsoll ------------------------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_PLIMSOLL_OPTIONS_H
#define PLIMSOLL_TOOLS_PLIMSOLL_OPTIONS_H

#include "compiler/pipeline/Pipeline.h"
#include <string>
#include <vector>

namespace plimsoll::cli {

/// Exit codes, as documented: scripts rely on them.
enum ExitCode { kDone = 0, kFailed = 1, kWrongUsage = 2, kNoPlanFits = 3 };

/// What the user typed, before it is checked.
struct RawOptions {
  std::string model, output, loss = "cross-entropy", optimizer = "adamw", memory, emit = "binary",
                             report, target = "cpu", precision = "f32", effort = "normal",
                             checkpoint = "planned", init = "model", scaleRule, timeline, sweepSvg,
                             trace, memoryViz, max, memoryTotal, value, device, weights, adapters,
                             check, lora, teacher, clip, data;
  std::vector<std::string> shapes, inputs, whole, trainable, freeze, noDecay, decay, lrScale,
      dropout;
  int64_t accumulate = 1;
  int64_t samples = 3; ///< gradcheck: elements of each parameter
  int threads = 0;
  double slowdown = 1.1;
  int64_t steps = 0; ///< steps whose predicted time is printed; 0: one step
  uint64_t seed = 0;
  bool keepGradients = false, poison = false, dryRun = false, json = false, remarks = false,
       sweep = false, strict = false, externalData = false, keepMissing = false, outputs = false;
};

/// Parses `1900MiB`, `2GB` or `4096`; false if it is no size or does not fit 64 bits.
bool parseBytes(llvm::StringRef text, int64_t &bytes);

/// Checks and converts the options; on failure returns false and sets `error`.
bool toCompileOptions(const RawOptions &raw, pipeline::CompileOptions &options, std::string &error);

/// Checks that the stage makes the plan that reports need, and that at most one report goes to
/// standard output; on failure returns false and sets `error`.
bool checkReports(const RawOptions &raw, pipeline::Stage stage, std::string &error);

/// Parses a name of --emit; false if there is no such stage.
bool parseStage(llvm::StringRef text, pipeline::Stage &stage);

} // namespace plimsoll::cli

#endif // PLIMSOLL_TOOLS_PLIMSOLL_OPTIONS_H
