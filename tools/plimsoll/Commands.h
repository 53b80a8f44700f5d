//===- Commands.h - the commands of plimsoll -------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_PLIMSOLL_COMMANDS_H
#define PLIMSOLL_TOOLS_PLIMSOLL_COMMANDS_H

#include "tools/plimsoll/CommandLine.h"

namespace plimsoll::cli {

/// Each runs a command, prints its results and errors, and returns the exit code.
int runCompile(const Parsed &parsed, const pipeline::CompileOptions &options,
               pipeline::Stage stage);
/// Takes the options by value: it fills in the number of threads.
int runCalibrate(const Parsed &parsed, pipeline::CompileOptions options);
int runMax(const Parsed &parsed, const pipeline::CompileOptions &options);
/// `plimsoll export MODEL --weights=CKPT -o FILE.onnx`
int runExport(const Parsed &parsed, const pipeline::CompileOptions &options);
/// `plimsoll reduce MODEL --check=COMMAND -o FILE.onnx`
int runReduce(const Parsed &parsed);
/// `plimsoll gradcheck MODEL`: fails if a gradient is wrong.
int runGradcheck(const Parsed &parsed, const pipeline::CompileOptions &options);
int runExplain(const Parsed &parsed, const pipeline::CompileOptions &options);

} // namespace plimsoll::cli

#endif // PLIMSOLL_TOOLS_PLIMSOLL_COMMANDS_H
