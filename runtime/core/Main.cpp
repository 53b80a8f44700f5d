//===- Main.cpp - main of an emitted program --------------------------------===//
#include "plimsoll/Run.h"

int main(int argc, char **argv) {
  return plimsoll::runTraining(plimsoll_program, argc, argv);
}
