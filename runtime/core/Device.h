//===- Device.h - the memory of the arena, and running launches on it -------===//
//
// The host knows one address, `host()`: offsets of the program's tables are added to it. On
// a CPU it is the arena. A device with separate memory keeps a mirror of the arena there, of which
// only touched pages take memory. `upload` sends what the host wrote, `download` fetches what it
// wants to read. The few scalars of a run are fetched by `beginFetch` and `fetched`, between which
// the host may begin the next run.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_DEVICE_H
#define PLIMSOLL_CORE_DEVICE_H

#include "Failure.h"
#include "StepRunner.h"
#include "plimsoll/Program.h"

#include <cmath>
#include <memory>

namespace plimsoll {

/// The scalar results of a run of a timeline; NaN: the timeline does not compute it.
struct Scalars {
  float loss = NAN, accuracy = NAN;
  float gradientNorm = NAN; ///< of all gradients together, before clipping
  double ended = 0;         ///< secondsNow() when the host had the scalars
};

/// Bytes mapped from the system, zero at first.
class HostMemory {
public:
  /// sparse: only some of the pages will be touched, so the bytes need not be available in full.
  enum class Use { whole, sparse };

  /// Throws Failure if the bytes cannot be mapped; with Use::whole also if the system refuses to
  /// commit as many.
  HostMemory(uint64_t bytes, Use use);
  ~HostMemory();
  HostMemory(const HostMemory &) = delete;
  HostMemory &operator=(const HostMemory &) = delete;

  std::byte *data() const { return start; }

private:
  std::byte *start;
  uint64_t bytes;
};

/// The device failed while it ran launches; checkpoints on disk are intact.
struct DeviceFailure : Failure {
  using Failure::Failure;
};

class Device {
public:
  virtual ~Device() = default;

  /// The address at which the host reads and writes the arena.
  virtual std::byte *host() const = 0;
  /// The address at which launches read and write the arena.
  virtual std::byte *arena() const = 0;
  /// Sends what the host wrote at [offset, offset + bytes), before the next launch.
  virtual void upload(uint64_t /*offset*/, uint64_t /*bytes*/) {}
  /// Fetches what launches wrote at [offset, offset + bytes), and waits for all launches so far.
  virtual void download(uint64_t /*offset*/, uint64_t /*bytes*/) {}
  /// Runs the launches of `timeline` with a stepper that was prepared for it.
  virtual void run(const Timeline &timeline, StepRunner &stepper);

  /// Called after launches were prepared again: launches that `run` recorded are out of date.
  virtual void launchesChanged() {}

  /// True if `run` returns before its launches have ended.
  virtual bool asynchronous() const { return false; }
  /// Begins to fetch the scalars that the launches so far leave in `timeline`'s places, into
  /// `slot`. There are two slots, 0 and 1, so that one can be read while the launches for the other
  /// run.
  virtual void beginFetch(const Timeline &timeline, int slot);
  /// Waits for the scalars of `slot` and returns them. Throws DeviceFailure if the launches before
  /// its beginFetch() failed; a failure of later launches is not reported here.
  virtual Scalars fetched(int slot) { return slots[slot]; }

private:
  Scalars slots[2];
};

/// Opens the device that the program was compiled for; defined by the backend that it links. Throws
/// Failure if the machine has no such device or too little memory for the arena.
std::unique_ptr<Device> openDevice(const Program &program);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_DEVICE_H
