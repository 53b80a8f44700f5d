//===- Races.h - whether an access races with those that a cell records -----===//
#ifndef PLIMSOLL_EMULATOR_RACES_H
#define PLIMSOLL_EMULATOR_RACES_H

#include "Memory.h"

namespace plimsoll::emulator {

inline bool sameWarp(Stamp a, Stamp b) {
  return threadOf(a) / 32 == threadOf(b) / 32;
}

/// True if the access `other` of this launch is ordered before the running thread's access.
inline bool ordered(Stamp other) {
  if (blockOf(other) != running.block)
    return false;
  if (threadOf(other) == threadOf(running.stamp))
    return true;
  return timeOf(other) <
         (sameWarp(other, running.stamp) ? timeOf(running.stamp) : running.barrierTime);
}

/// True if one of the readers that `read` records is not ordered before the running thread's
/// access.
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

/// Returns the stamp that a cell keeps of its readers once the running thread has read too. Stamps
/// of blocks before `first` are forgotten.
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
    return own; // a __syncwarp lies between: only the last readers can still race
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
