//===- Memory.h - emulated memory and what is known of every byte -----------===//
//
// One mapping holds the shared arrays of the running block and the arena, with red zones around
// both. Beside it lie, by offset in the mapping:
//
//   rights    a byte for 64: may the launch read, write; "edge" where that differs within them
//   written   a bit for each byte: has it a value
//   words     a Cell for each 4 bytes: who read and who wrote them last
//   bytes     a Cell for each byte, used once a word is touched in parts ("split")
//
// A cell keeps stamps: the block (a number that no other block of the process has), the thread,
// and the thread's time, which grows at every barrier. An access is ordered behind another of its
// block if the other's time is before its last __syncthreads, or, within a warp, before its own
// time. With __syncwarp of part of a warp this misses races, but never invents one.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_EMULATOR_MEMORY_H
#define PLIMSOLL_EMULATOR_MEMORY_H

#include "Device.h"

namespace plimsoll::emulator {

/// Block (32 bits), time (19), thread (10), flags (3).
using Stamp = uint64_t;
constexpr Stamp stampOf(uint32_t block, uint32_t time, uint32_t thread) {
  return Stamp(block) << 32 | time << 13 | thread << 3;
}
constexpr uint32_t blockOf(Stamp s) {
  return static_cast<uint32_t>(s >> 32);
}
constexpr uint32_t timeOf(Stamp s) {
  return s >> 13 & 0x7ffff;
}
constexpr uint32_t threadOf(Stamp s) {
  return s >> 3 & 0x3ff;
}
constexpr uint32_t kMostTime = 0x7ffff;

// Of a read: who else has read since.
constexpr Stamp kManyThreads = 1; // of the same warp, at the same time
constexpr Stamp kManyWarps = 2;   // since the last barrier
constexpr Stamp kManyBlocks = 4;  // in this launch
// Of a write.
constexpr Stamp kAtomic = 1;
constexpr Stamp kSplit = 2; // the word's state is in its four byte cells

struct Cell {
  Stamp read, write;
};

/// The thread that runs, and what of the past concerns it.
struct Running {
  Stamp stamp;          ///< 0: none runs
  uint32_t block;       ///< its number
  uint32_t firstBlock;  ///< of this grid; cells of earlier ones are stale
  uint32_t barrierTime; ///< the time after the block's last __syncthreads
};

constexpr uint8_t kRead = 1, kWrite = 2, kEdge = 4;
constexpr size_t kSharedSpace = size_t(1) << 20, kRedZone = size_t(64) << 20;

struct Memory {
  std::byte *base = nullptr;
  size_t span = 0; ///< of the mapping; 0: there is none
  size_t arena = 0, arenaBytes = 0;
  size_t shared = 0; ///< where shared arrays begin

  uint8_t *rights = nullptr;
  uint64_t *written = nullptr;
  Cell *words = nullptr, *bytes = nullptr;

  void setRights(size_t offset, size_t count, uint8_t which);
  void setWritten(size_t offset, size_t count, bool value);
};

extern Memory memory;
extern Running running;
extern uint64_t accesses;

enum class Kind { read, write, atomic };

/// Checks and records an access that the cells do not show already; `caller`: in the kernel.
void access(Kind kind, size_t offset, size_t bytes, const void *caller);

/// The same for any address and size: [address, address + bytes) outside the mapping is no
/// business of the emulator's.
void accessRange(Kind kind, const void *address, size_t bytes, const void *caller);

} // namespace plimsoll::emulator

#endif // PLIMSOLL_EMULATOR_MEMORY_H
