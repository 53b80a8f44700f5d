//===- Main.cpp - main of an emitted program --------------------------------===//
//
// OpenMP's threads spin before they sleep. Its default is long: beside another busy
// program on the same cores a step then takes many times as long. The number is read
// before main, so it is set for a second start of the same program, unless the user
// chose a policy.
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
