//===- plimsoll.cpp - the compiler driver -------------------------------------------===//
#include "compiler/FrontEnds.h"
#include "tools/plimsoll/Commands.h"

using namespace plimsoll;
using namespace plimsoll::cli;

int main(int argc, char **argv) {
  registerFrontEnds();
  Parsed parsed = parseCommandLine(argc, argv);
  if (parsed.exitCode >= 0)
    return parsed.exitCode;
  return std::visit([](const auto &command) { return run(command); }, parsed.command);
}
