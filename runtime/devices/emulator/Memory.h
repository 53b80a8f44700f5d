//===- Memory.h - emulated memory and the state of every byte ---------------===//
//
// One mapping holds the shared arrays of the running block and the arena, with red zones around
// both. Beside it lie, by offset in the mapping:
//
//   rights    one byte for 64: may the launch read, write; "edge" if that differs among the 64
//   written   one bit for each byte: has it a value
//   words     a Cell for each 4 bytes: who read and who wrote them last
//   bytes     a Cell for each byte, used once a word is accessed in parts ("split")
//
// A cell keeps stamps: the block (a number that no other block of the process has), the thread,
// and the thread's time, which grows at every barrier. An access is ordered after another of its
// block if the other's time is before its last __syncthreads, or, within a warp, before the
// access's time. With __syncwarp of part of a warp this misses races, but never reports a false
// one.
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

// Flags of a read: who else has read since.
constexpr Stamp kManyThreads = 1; // of the same warp, at the same time
constexpr Stamp kManyWarps = 2;   // since the last barrier
constexpr Stamp kManyBlocks = 4;  // in this launch
// Flags of a write.
constexpr Stamp kAtomic = 1;
constexpr Stamp kSplit = 2; // the word's state is in its four byte cells

struct Cell {
  Stamp read, write;
};

/// The running thread, with what decides which accesses are ordered before its own.
struct Running {
  Stamp stamp;          ///< 0: no thread runs
  uint32_t block;       ///< the number of its block
  uint32_t firstBlock;  ///< the grid's first block; cells of earlier blocks are stale
  uint32_t barrierTime; ///< the time after the block's last __syncthreads
};

constexpr uint8_t kRead = 1, kWrite = 2, kEdge = 4;
constexpr size_t kSharedSpace = size_t(1) << 20, kRedZone = size_t(64) << 20;

struct Memory {
  std::byte *base = nullptr;
  size_t span = 0; ///< bytes of the mapping; 0: there is none
  size_t arena = 0, arenaBytes = 0;
  size_t shared = 0; ///< offset of the shared arrays

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

/// Checks and records an access that the cells do not record already. `caller`: the address of the
/// access in the kernel.
void access(Kind kind, size_t offset, size_t bytes, const void *caller);

/// As above, for any address and size; bytes outside the mapping are not checked.
void accessRange(Kind kind, const void *address, size_t bytes, const void *caller);

} // namespace plimsoll::emulator

#endif // PLIMSOLL_EMULATOR_MEMORY_H
