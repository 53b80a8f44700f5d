//===- Faults.h - the list of faults and their messages ---------------------===//
#ifndef PLIMSOLL_EMULATOR_FAULTS_H
#define PLIMSOLL_EMULATOR_FAULTS_H

#include "Memory.h"

namespace plimsoll::emulator {

/// Adds a fault of the running thread; `caller` is the address in the program (null: unknown).
void addFault(FaultKind kind, std::string place, const std::string &what,
              const void *caller = nullptr);

/// Prints the first fault, unless faults are collected, and ends the process.
void settleFaults();

/// Returns "block (2,0,0), thread (17,0,0)" for a stamp of this grid. Defined in Grid.cpp, which
/// knows the grid's shape.
std::string nameOf(Stamp stamp);

std::string hexadecimal(size_t value);

} // namespace plimsoll::emulator

#endif // PLIMSOLL_EMULATOR_FAULTS_H
