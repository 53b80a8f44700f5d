//===- Launch.h - the launch that is open, and names of places in it --------===//
#ifndef PLIMSOLL_EMULATOR_LAUNCH_H
#define PLIMSOLL_EMULATOR_LAUNCH_H

#include "Memory.h"
#include "plimsoll/cuda/Emulator.h"

#include <string>

namespace plimsoll::emulator {

const std::string &launchName();
bool launchIsOpen();

/// Returns the slices of the arena that the launch may touch.
std::span<const Access> launchSlices();

/// Called when a grid begins: its blocks declare their shared arrays again.
void forgetSharedArrays();
/// Called when a block begins: its shared arrays have no content.
void emptySharedArrays();
bool inSharedArray(size_t offset);

/// Names an offset in the mapping: "arena + 0x40" or "tile[256]".
std::string placeOf(size_t offset);
/// Says where the offset is relative to the slices that the launch may read or write.
std::string surroundings(size_t offset, bool write);

} // namespace plimsoll::emulator

#endif // PLIMSOLL_EMULATOR_LAUNCH_H
