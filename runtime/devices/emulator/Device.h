//===- Device.h - the emulated device, as the runtime sees it ---------------===//
//
// A GPU runs faulty kernels without a word. The emulator runs the threads of a block as
// fibers, one after the other up to where they wait, and looks at every load and store:
//
//   bounds       inside the slices that the launch may touch, and inside shared arrays
//   unwritten    no byte is read that nothing wrote
//   block race   two threads of a block, one address, no barrier between, one of them writes
//                (__syncwarp orders the lanes it names; shuffles and votes order nothing)
//   grid race    two blocks of a launch, one byte of the arena, one of them writes
//   divergence   a barrier or shuffle that some of its threads never reach
//   misaligned   an access whose address is no multiple of its size
//   launch       a grid, block or amount of shared memory that no GPU takes
//
// Atomics race with plain accesses only, and order nothing: "the last block to finish adds up
// what the others wrote" needs a second launch here. One thread of the host uses all this.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_EMULATOR_DEVICE_H
#define PLIMSOLL_EMULATOR_DEVICE_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace plimsoll::emulator {

/// The device's memory: between red zones, nothing of it written. At most one at a time.
class Arena {
public:
  explicit Arena(size_t bytes);
  ~Arena();
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;

  std::byte *data() const;
  size_t bytes() const;
};

/// Bytes that the host has put into the arena, and bytes whose content means nothing any more.
void markWritten(size_t offset, size_t bytes);
void markUnwritten(size_t offset, size_t bytes);

/// A slice of the arena that a launch may read, and write if `written`. `fresh`: what it holds
/// before the launch means nothing.
struct Access {
  size_t offset, bytes;
  bool written;
  bool fresh = false;
};

/// Grids that run until endLaunch belong to the launch `name`. Empty: the whole arena.
void beginLaunch(const char *name, std::span<const Access> accesses = {});

/// Unless faults are collected, the first one is printed and ends the process.
void endLaunch();

/// What a stand-in for a library call reads and writes, told as a whole; checked alike.
void notePlainRead(const void *address, size_t bytes);
void noteWrite(const void *address, size_t bytes);

enum class FaultKind { bounds, unwritten, blockRace, gridRace, divergence, misaligned, launch };

struct Fault {
  FaultKind kind;
  std::string place;   ///< "arena + 0x40", "tile[256]", or the line of a barrier
  std::string message; ///< kernel, block and thread, what happened, what to look for
};

/// Keeps faults for `takeFaults` while it lives, so that tests can plant some.
class CollectFaults {
public:
  CollectFaults();
  ~CollectFaults();
};
std::vector<Fault> takeFaults();

/// Loads and stores that were looked at since the program began.
uint64_t checkedAccesses();

} // namespace plimsoll::emulator

#endif // PLIMSOLL_EMULATOR_DEVICE_H
