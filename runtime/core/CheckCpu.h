//===- CheckCpu.h - checks that this CPU can run the program ----------------===//
#ifndef PLIMSOLL_CORE_CHECKCPU_H
#define PLIMSOLL_CORE_CHECKCPU_H

#include <string>

namespace plimsoll {

/// Returns the features of `instructionSet` ("x86-64-v3", "x86-64-v4") that this CPU lacks, comma
/// separated; empty when it has them all.
std::string missingFeatures(const char *instructionSet);

/// Throws Failure, naming the features, if this CPU lacks any of `instructionSet`.
void checkCpu(const char *instructionSet);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_CHECKCPU_H
