//===- CheckCpu.h - is this CPU what the program was compiled for -----------===//
#ifndef PLIMSOLL_CORE_CHECKCPU_H
#define PLIMSOLL_CORE_CHECKCPU_H

#include <string>

namespace plimsoll {

/// The features of `instructionSet` ("x86-64-v3", "x86-64-v4") that this CPU lacks, comma
/// separated; empty when it has them all.
std::string missingFeatures(const char *instructionSet);

/// Throws Failure naming what is missing.
void checkCpu(const char *instructionSet);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_CHECKCPU_H
