//===- Device.h - where the arena lies, and what runs launches on it --------===//
//
// The host knows one address, `host()`: offsets of the program's tables are added to it. On
// a CPU it is the arena. A device with memory of its own keeps a mirror there, of which only
// pages that were touched take memory; what the host wrote is sent by `upload`, and what it
// wants to read is fetched by `download`, or, where it is a run's few scalars, by `beginFetch`
// and `fetched`, between which the host may begin the next run.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_DEVICE_H
#define PLIMSOLL_CORE_DEVICE_H

#include "Failure.h"
#include "StepRunner.h"
#include "plimsoll/Program.h"

#include <cmath>
#include <memory>

namespace plimsoll {

/// What a run of a timeline leaves for the host; NaN: it computes none.
struct Scalars {
  float loss = NAN, accuracy = NAN;
  float gradientNorm = NAN; ///< of all gradients together, before clipping
  double ended = 0;         ///< when the host had them, as secondsNow() tells the time
};

/// Bytes mapped from the system, zero at first.
class HostMemory {
public:
  /// Of a sparse one only a part will be touched.
  enum class Use { whole, sparse };

  /// Throws Failure; of a whole one also where the machine has too little.
  HostMemory(uint64_t bytes, Use use);
  ~HostMemory();
  HostMemory(const HostMemory &) = delete;
  HostMemory &operator=(const HostMemory &) = delete;

  std::byte *data() const { return start; }

private:
  std::byte *start;
  uint64_t bytes;
};

/// The device failed in the middle of its work; the checkpoints are intact.
struct DeviceFailure : Failure {
  using Failure::Failure;
};

class Device {
public:
  virtual ~Device() = default;

  /// The arena as the host reads and writes it.
  virtual std::byte *host() const = 0;
  /// The arena as launches do.
  virtual std::byte *arena() const = 0;
  /// Sends what the host wrote at [offset, offset + bytes), before the next launch.
  virtual void upload(uint64_t /*offset*/, uint64_t /*bytes*/) {}
  /// Fetches what launches wrote there; all of them have ended when it returns.
  virtual void download(uint64_t /*offset*/, uint64_t /*bytes*/) {}
  /// Runs the launches of `timeline` with a stepper that was prepared for it.
  virtual void run(const Timeline &timeline, StepRunner &stepper);

  /// Launches have been prepared anew: what `run` kept of them must not run again.
  virtual void launchesChanged() {}

  /// Whether `run` returns before its launches have ended.
  virtual bool asynchronous() const { return false; }
  /// Begins to fetch the scalars of `timeline` as the launches so far leave them. There are two
  /// slots: one can be fetched while the other one's launches still run.
  virtual void beginFetch(const Timeline &timeline, int slot);
  /// The scalars in `slot`, as soon as they are there. Throws DeviceFailure where the launches
  /// that were to write them have failed; not where later ones did.
  virtual Scalars fetched(int slot) { return slots[slot]; }

private:
  Scalars slots[2];
};

/// The device that a program was compiled for; defined by the backend that it links. Throws
/// Failure, where the machine has no such device or too little memory for the arena.
std::unique_ptr<Device> openDevice(const Program &program);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_DEVICE_H
