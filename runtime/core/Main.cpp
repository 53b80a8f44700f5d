//===- Main.cpp - main of an emitted program --------------------------------===//
//
// OpenMP's threads spin before they sleep, by default so long that a step takes many times as
// long beside another busy program on the same cores. OpenMP reads the variable before main, so
// main sets it and starts the same program again, unless the user chose a policy.
//===----------------------------------------------------------------------===//
#include "plimsoll/Run.h"
#include <cstdlib>
#include <unistd.h>

int main(int, char **argv) {
  if (!std::getenv("OMP_WAIT_POLICY") && !std::getenv("GOMP_SPINCOUNT")) {
    setenv("GOMP_SPINCOUNT", "3000", 1); // about 10 microseconds
    execv("/proc/self/exe", argv);       // returns only where there is no /proc: go on
  }
  int argc = 0;
  while (argv[argc])
    ++argc;
  return plimsoll::runTraining(plimsoll_program, argc, argv);
}
