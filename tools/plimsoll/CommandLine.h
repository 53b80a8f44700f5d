//===- CommandLine.h - from argv to options -----------------------------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_PLIMSOLL_COMMANDLINE_H
#define PLIMSOLL_TOOLS_PLIMSOLL_COMMANDLINE_H

#include "tools/plimsoll/Options.h"
#include <variant>

namespace plimsoll::cli {

using Command = std::variant<CompileCommand, PlanCommand, ExplainCommand, GradcheckCommand,
                             ExportCommand, ReduceCommand, CalibrateCommand>;

struct Parsed {
  Command command;
  int exitCode = -1; ///< not negative: exit with it; help or the error has been printed
};

Parsed parseCommandLine(int argc, char **argv);

} // namespace plimsoll::cli

#endif // PLIMSOLL_TOOLS_PLIMSOLL_COMMANDLINE_H
