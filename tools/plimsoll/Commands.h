//===- Commands.h - the commands of plimsoll -------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_PLIMSOLL_COMMANDS_H
#define PLIMSOLL_TOOLS_PLIMSOLL_COMMANDS_H

#include "tools/plimsoll/CommandLine.h"

namespace plimsoll::cli {

/// Runs a command, prints its results and errors, and returns the exit code.
int run(const CompileCommand &command);
int run(const PlanCommand &command);
int run(const ExplainCommand &command);
/// Fails if a gradient is wrong.
int run(const GradcheckCommand &command);
int run(const ExportCommand &command);
int run(const ReduceCommand &command);
int run(const CalibrateCommand &command);

/// Looks for the largest size of `--max`, within the memory of `options`.
int runMax(const PlanCommand &command, const pipeline::CompileOptions &options);

} // namespace plimsoll::cli

#endif // PLIMSOLL_TOOLS_PLIMSOLL_COMMANDS_H
