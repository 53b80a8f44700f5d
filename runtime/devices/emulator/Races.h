//===- Races.h - is an access ordered behind those that a cell tells of -----===//
#ifndef PLIMSOLL_EMULATOR_RACES_H
#define PLIMSOLL_EMULATOR_RACES_H

#include "Memory.h"

namespace plimsoll::emulator {

inline bool sameWarp(Stamp a, Stamp b) {
  return threadOf(a) / 32 == threadOf(b) / 32;
}

/// Was `other`, of this launch, before what runs now?
inline bool ordered(Stamp other) {
  if (blockOf(other) != running.block)
    return false;
  if (threadOf(other) == threadOf(running.stamp))
    return true;
  return timeOf(other) <
         (sameWarp(other, running.stamp) ? timeOf(running.stamp) : running.barrierTime);
}

/// Of the readers that `read` tells of, was one not before what runs now?
inline bool readersInTheWay(Stamp read) {
  if (read & kManyBlocks || blockOf(read) != running.block)
    return true;
  if (timeOf(read) < running.barrierTime)
    return false;
  if (read & kManyWarps)
    return true;
  if (read & kManyThreads && sameWarp(read, running.stamp))
    return timeOf(read) >= timeOf(running.stamp);
  return !ordered(read);
}

/// What a cell keeps of its readers once the running thread has read too. `first`: blocks before
/// it are forgotten.
inline Stamp withReader(Stamp read, uint32_t first) {
  Stamp own = running.stamp;
  if (blockOf(read) < first)
    return own;
  if (blockOf(read) != running.block)
    return own | kManyBlocks;
  own |= read & kManyBlocks;
  if (timeOf(read) < running.barrierTime)
    return own;
  if (read & kManyWarps)
    return read;
  if (!sameWarp(read, own))
    return read | kManyWarps;
  if (timeOf(read) < timeOf(own))
    return own; // __syncwarp between: only the last ones can still race
  return threadOf(read) == threadOf(own) ? read : read | kManyThreads;
}

/// Records an access. Returns the stamp of one that it races with, or 0.
inline Stamp touch(Cell &cell, Kind kind, uint32_t first) {
  Stamp race = 0;
  bool wrote = blockOf(cell.write) >= first;
  bool bothAtomic = kind == Kind::atomic && (cell.write & kAtomic);
  if (wrote && !bothAtomic && !ordered(cell.write))
    race = cell.write;
  if (kind == Kind::read) {
    cell.read = withReader(cell.read, first);
    return race;
  }
  if (blockOf(cell.read) >= first && readersInTheWay(cell.read))
    race = cell.read;
  cell.write = running.stamp | (kind == Kind::atomic ? kAtomic : 0);
  return race;
}

} // namespace plimsoll::emulator

#endif // PLIMSOLL_EMULATOR_RACES_H
