//===- CommandLine.h - from argv to options -----------------------------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_PLIMSOLL_COMMANDLINE_H
#define PLIMSOLL_TOOLS_PLIMSOLL_COMMANDLINE_H

#include "tools/plimsoll/Options.h"

namespace plimsoll::cli {

enum class Command { Compile, Plan, Explain, Gradcheck, Export, Reduce, Calibrate };

struct Parsed {
  Command command = Command::Compile;
  RawOptions options;
  int exitCode = -1; ///< not negative: exit with it; help or the error has been printed
};

Parsed parseCommandLine(int argc, char **argv);

} // namespace plimsoll::cli

#endif // PLIMSOLL_TOOLS_PLIMSOLL_COMMANDLINE_H
