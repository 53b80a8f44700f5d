//===- GuardedRun.h - one launch in memory that tells what it touches --*- C++ -*-===//
//
// The oracle of calls.cpp, which knows nothing of signatures: a launch runs in a child process,
// and what it touches is seen by the hardware or by the emulator.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_TEST_EXECUTOR_GUARDEDRUN_H
#define PLIMSOLL_TEST_EXECUTOR_GUARDEDRUN_H

#include "plimsoll/Kernel.h"
#include <cstdint>
#include <vector>

namespace plimsoll::test {

/// Bytes of the arena that a launch is given.
struct GuardedSlice {
  uint64_t offset, bytes;
  bool written;
};

/// A launch whose buffers are numbers of slices; -1: absent.
struct GuardedLaunch {
  const Kernel *kernel;
  std::vector<GuardedSlice> slices;
  std::vector<int> buffers;
  std::vector<int64_t> sizes;
  std::vector<double> scalars;
  uint64_t arenaBytes, workspaceBytes;
};

enum class Outcome {
  clean,     ///< every byte that it touched is one of its slices'
  outside,   ///< it touched another byte, or crashed
  refused,   ///< the kernel cannot be prepared for this launch
  undecided, ///< it ran too long, without having touched another byte so far
};

/// Each slice ends at memory that nobody may touch, and one that is only read may not be written.
Outcome runGuarded(const GuardedLaunch &launch);
/// The emulator looks at every access. Its kernels are those of `emulatedKernel`.
Outcome runEmulated(const GuardedLaunch &launch);
const Kernel *emulatedKernel(const char *name);

} // namespace plimsoll::test

#endif // PLIMSOLL_TEST_EXECUTOR_GUARDEDRUN_H
