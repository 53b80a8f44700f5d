//===- Start.h - what a run starts from -------------------------------------===//
//
// Checkpoints leave out what steps never change and every run has from the initial weights:
// the frozen model below adapters, a teacher. It comes from the file beside the program.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_START_H
#define PLIMSOLL_CORE_START_H

#include "Checkpoint.h"

namespace plimsoll {

/// `<executable>.safetensors`, or that of the shared library that holds the program.
std::string defaultWeights();

/// Fills every parameter from `path`, or, where that is empty, from the default weights. A file
/// may hold only what checkpoints do, or only the rest: then the default weights have the other
/// part. Answers a warning or "". Throws Failure.
std::string loadParameters(const Program &program, const std::string &path, std::byte *arena);

/// Fills parameters and optimizer state from a checkpoint, what it leaves out from `weights` as
/// above. Throws Failure.
RunState loadCheckpoint(const Program &program, const std::string &path, const std::string &weights,
                        std::byte *arena);

/// What checkpoints hold: parameters, and the state of the optimizer.
std::vector<Slot> checkpointSlots(const Program &program);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_START_H
