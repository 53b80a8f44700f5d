//===- Run.h - the command line of an emitted program -----------------------===//
#ifndef PLIMSOLL_RUN_H
#define PLIMSOLL_RUN_H

#include "plimsoll/Program.h"

namespace plimsoll {

/// Trains `program` as the command line says; `PROGRAM --help` lists the options. Returns the
/// exit code: 0 done, 1 failed, 2 wrong usage. Errors are printed to standard error.
int runTraining(const Program &program, int argc, char **argv);

} // namespace plimsoll

#endif // PLIMSOLL_RUN_H
