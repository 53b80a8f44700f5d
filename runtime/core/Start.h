//===- Start.h - loads the weights or the checkpoint that a run starts from -===//
//
// Checkpoints leave out parameters that no step changes, which the initial weights hold already:
// the frozen model below adapters, and a teacher. They are read from the file beside the program.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_START_H
#define PLIMSOLL_CORE_START_H

#include "Checkpoint.h"

namespace plimsoll {

/// Returns the path of the default weights: that of the executable, or of the shared library that
/// holds the program, with ".safetensors" appended.
std::string defaultWeights();

/// Fills every parameter from `path`, or from the default weights if it is empty. If the file holds
/// only the parameters that checkpoints hold, or only the others, the rest is read from the default
/// weights. Returns a warning that names ignored tensors, or "". Throws Failure.
std::string loadParameters(const Program &program, const std::string &path, std::byte *arena);

/// Fills parameters and optimizer state from the checkpoint `path`, and the parameters that
/// checkpoints leave out from `weights` (empty: the default weights). Optimizer state that the file
/// has in another type is converted, and the result's `remark` says so. Throws Failure.
RunState loadCheckpoint(const Program &program, const std::string &path, const std::string &weights,
                        std::byte *arena);

/// Returns the slots that a checkpoint holds: saved parameters and optimizer state.
std::vector<Slot> checkpointSlots(const Program &program);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_START_H
