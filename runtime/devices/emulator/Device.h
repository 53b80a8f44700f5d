//===- Device.h - the emulated device, for the runtime ----------------------===//
//
// A GPU runs faulty kernels without reporting it. The emulator runs the threads of a block as
// fibers, one after the other up to where they wait, and checks every load and store:
//
//   bounds       inside the slices that the launch may touch, and inside shared arrays
//   unwritten    no byte is read that nothing wrote
//   block race   two threads of a block, one address, no barrier between, one of them writes
//                (__syncwarp orders the lanes it names; shuffles and votes order nothing)
//   grid race    two blocks of a launch, one byte of the arena, one of them writes
//   divergence   a barrier or shuffle that some of the threads it waits for never reach
//   misaligned   an access whose address is no multiple of its size
//   launch       a grid, block or amount of shared memory beyond the limits of GPUs
//
// Atomics race with plain accesses only, and order nothing: "the last block to finish adds up
// what the others wrote" needs a second launch here. Only one thread of the host may use this.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_EMULATOR_DEVICE_H
#define PLIMSOLL_EMULATOR_DEVICE_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace plimsoll::emulator {

/// The device's memory, between red zones; at first no byte of it is written. There is at most one
/// arena at a time.
class Arena {
public:
  explicit Arena(size_t bytes);
  ~Arena();
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;

  std::byte *data() const;
  size_t bytes() const;
};

/// Mark bytes that the host has written to the arena, and bytes whose content has become undefined.
void markWritten(size_t offset, size_t bytes);
void markUnwritten(size_t offset, size_t bytes);

/// A slice of the arena that a launch may read, and write if `written`. `fresh`: its content before
/// the launch is undefined.
struct Access {
  size_t offset, bytes;
  bool written;
  bool fresh = false;
};

/// Begins the launch `name`: grids that run until endLaunch belong to it and may touch `accesses`
/// alone (empty: the whole arena).
void beginLaunch(const char *name, std::span<const Access> accesses = {});

/// Ends the launch. Unless faults are collected, the first one is printed and ends the process.
void endLaunch();

/// Report what a replacement of a library call reads and writes as a whole; it is checked like
/// accesses of kernels.
void notePlainRead(const void *address, size_t bytes);
void noteWrite(const void *address, size_t bytes);

enum class FaultKind { bounds, unwritten, blockRace, gridRace, divergence, misaligned, launch };

struct Fault {
  FaultKind kind;
  std::string place;   ///< "arena + 0x40", "tile[256]", or the line of a barrier
  std::string message; ///< kernel, block and thread, what happened, what to look for
};

/// While one exists, faults are kept for `takeFaults` and do not end the process: for tests that
/// cause faults.
class CollectFaults {
public:
  CollectFaults();
  ~CollectFaults();
};
std::vector<Fault> takeFaults();

/// Returns the number of loads and stores checked since the program began.
uint64_t checkedAccesses();

} // namespace plimsoll::emulator

#endif // PLIMSOLL_EMULATOR_DEVICE_H
