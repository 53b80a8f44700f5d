//===- Faults.h - the list of faults and what they say ----------------------===//
#ifndef PLIMSOLL_EMULATOR_FAULTS_H
#define PLIMSOLL_EMULATOR_FAULTS_H

#include "Memory.h"

namespace plimsoll::emulator {

/// Adds a fault of the running thread; `caller` (null: none) is where in the program.
void addFault(FaultKind kind, std::string place, const std::string &what,
              const void *caller = nullptr);

/// Prints the first fault, unless faults are collected, and ends the process.
void settleFaults();

/// "block (2,0,0), thread (17,0,0)" of a stamp of this grid; Grid.cpp knows its shape.
std::string nameOf(Stamp stamp);

std::string hexadecimal(size_t value);

} // namespace plimsoll::emulator

#endif // PLIMSOLL_EMULATOR_FAULTS_H
