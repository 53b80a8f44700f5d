//===- Options.h - the command line of plimsoll ------------------------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_PLIMSOLL_OPTIONS_H
#define PLIMSOLL_TOOLS_PLIMSOLL_OPTIONS_H

#include "compiler/pipeline/Pipeline.h"
#include <string>
#include <vector>

namespace plimsoll::cli {

/// Exit codes, as documented: scripts rely on them.
enum ExitCode { kDone = 0, kFailed = 1, kWrongUsage = 2, kNoPlanFits = 3 };

// What the user typed, before it is checked: one struct for each command, made of those that
// several commands share.

/// The model, and the function of it that is trained.
struct NetworkOptions {
  std::string model, weights, loss = "cross-entropy", lora, teacher, init = "model";
  std::vector<std::string> shapes, inputs, trainable, freeze, dropout;
  int threads = 0; ///< of every launch; 0: all cores
};

/// How it is trained.
struct RecipeOptions {
  std::string optimizer = "adamw", clip;
  std::vector<std::string> noDecay, decay, lrScale, sparse, allow;
  int64_t accumulate = 1;
};

/// What is planned, within which limits.
struct StepOptions {
  NetworkOptions network;
  RecipeOptions recipe;
  std::string memory, memoryTotal, target = "cpu", precision = "f32", device, effort = "normal",
                                   checkpoint = "planned", fuse = "all";
  std::vector<std::string> whole;
  bool keepGradients = false;
};

/// What is printed and written about a plan.
struct ReportOptions {
  bool json = false, remarks = false, strict = false;
  std::string report, timeline, trace, memoryViz; ///< files
  bool sweep = false;
  std::string sweepSvg; ///< a file
};

struct CompileCommand {
  StepOptions step;
  ReportOptions reports;
  std::string output, emit = "binary", scaleRule;
  uint64_t seed = 0;
  bool poison = false, dryRun = false;
};

struct PlanCommand {
  StepOptions step;
  ReportOptions reports;
  std::string max; ///< "batch" or "seq": the dimension whose largest size is looked for
  double slowdown = 1.1;
  int64_t steps = 0; ///< steps whose predicted time is printed; 0: one step
};

struct ExplainCommand {
  StepOptions step;
  std::string value;
  bool json = false, remarks = false;
};

struct GradcheckCommand {
  NetworkOptions network;
  std::string target = "cpu", data, scaleRule;
  int64_t samples = 3; ///< elements of each parameter
  uint64_t seed = 0;
  bool outputs = false, json = false, remarks = false;
};

struct ExportCommand {
  std::string model, weights, adapters, output;
  bool externalData = false, keepMissing = false;
};

struct ReduceCommand {
  std::string model, check, output;
};

struct CalibrateCommand {
  std::string output, target = "cpu";
  int threads = 0; ///< 0: all cores
};

/// Parses `1900MiB`, `2GB` or `4096`; false if it is no size or does not fit 64 bits.
bool parseBytes(llvm::StringRef text, int64_t &bytes);

/// Checks what the user typed and converts it; on failure returns false and sets `error`.
bool toCompileOptions(const NetworkOptions &raw, pipeline::CompileOptions &options,
                      std::string &error);
bool toCompileOptions(const StepOptions &raw, pipeline::CompileOptions &options,
                      std::string &error);

/// Checks that `--emit` makes the plan that reports need, and that at most one report goes to
/// standard output; on failure returns false and sets `error`.
bool checkReports(const CompileCommand &command, pipeline::Stage stage, std::string &error);

/// Parses a name of --emit; false if there is no such stage.
bool parseStage(llvm::StringRef text, pipeline::Stage &stage);

} // namespace plimsoll::cli

#endif // PLIMSOLL_TOOLS_PLIMSOLL_OPTIONS_H
