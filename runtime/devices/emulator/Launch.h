//===- Launch.h - the launch that is open, and names of places in it --------===//
#ifndef PLIMSOLL_EMULATOR_LAUNCH_H
#define PLIMSOLL_EMULATOR_LAUNCH_H

#include "Memory.h"
#include "plimsoll/cuda/Emulator.h"

#include <string>

namespace plimsoll::emulator {

const std::string &launchName();
bool launchIsOpen();

/// What the launch may touch of the arena.
std::span<const Access> launchSlices();

/// A grid begins: its blocks declare their shared arrays anew.
void forgetSharedArrays();
/// A block begins: its shared arrays have no content.
void emptySharedArrays();
bool inSharedArray(size_t offset);

/// "arena + 0x40" or "tile[256]", of an offset in the mapping.
std::string placeOf(size_t offset);
/// Where that is among what the launch may touch.
std::string surroundings(size_t offset, bool write);

} // namespace plimsoll::emulator

#endif // PLIMSOLL_EMULATOR_LAUNCH_H
