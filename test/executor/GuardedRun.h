//===- GuardedRun.h - runs one launch in guarded memory ----------------*- C++ -*-===//
//
// The oracle of calls.cpp, which does not use signatures: a launch runs in a child process, and
// guard pages or the emulator detect accesses outside its slices.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_TEST_EXECUTOR_GUARDEDRUN_H
#define PLIMSOLL_TEST_EXECUTOR_GUARDEDRUN_H

#include "plimsoll/Kernel.h"
#include <cstdint>
#include <vector>

namespace plimsoll::test {

/// Bytes of the arena that are passed to a launch.
struct GuardedSlice {
  uint64_t offset, bytes;
  bool written;
};

/// A launch whose buffers are indices of slices; -1: absent.
struct GuardedLaunch {
  const Kernel *kernel;
  std::vector<GuardedSlice> slices;
  std::vector<int> buffers;
  std::vector<int64_t> sizes;
  std::vector<double> scalars;
  uint64_t arenaBytes, workspaceBytes;
  ElementType type;
  Precision precision;
};

enum class Outcome {
  clean,     ///< every byte that it touched is in one of its slices
  outside,   ///< it touched another byte, or crashed
  refused,   ///< the kernel cannot be prepared for this launch
  undecided, ///< it ran too long, without having touched another byte so far
};

/// Runs a launch whose slices end at inaccessible memory; slices that are only read are read-only.
Outcome runGuarded(const GuardedLaunch &launch);
/// Runs a launch of a kernel of `emulatedKernel` on the emulator, which checks every access.
Outcome runEmulated(const GuardedLaunch &launch);
const Kernel *emulatedKernel(const char *name);

} // namespace plimsoll::test

#endif // PLIMSOLL_TEST_EXECUTOR_GUARDEDRUN_H
