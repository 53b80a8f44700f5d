//===- EmulatorDevice.cpp - the arena in the memory of the emulated device ----===//
//
// As on a GPU, the memory is separate from the host's, with copies between them. A launch
// may touch only the slices that the program's tables list for it. A test can make launch
// number N (from 1) of a run fail as a broken GPU does: PLIMSOLL_EMULATOR_FAIL_AT=N.
//===----------------------------------------------------------------------===//
#include "../../core/Device.h"
#include "Device.h"

#include <cstdlib>
#include <cstring>
#include <vector>

namespace plimsoll {
namespace {

class EmulatorDevice : public Device, LaunchHooks {
public:
  explicit EmulatorDevice(uint64_t bytes) : mirror(bytes, HostMemory::Use::sparse), memory(bytes) {
    if (const char *number = std::getenv("PLIMSOLL_EMULATOR_FAIL_AT"))
      launchesLeft = std::atoll(number);
  }

  std::byte *host() const override { return mirror.data(); }
  std::byte *arena() const override { return memory.data(); }
  /// The emulator is synchronous, but true makes the runtime use it as it uses a GPU.
  bool asynchronous() const override { return true; }

  void upload(uint64_t offset, uint64_t bytes) override {
    std::memcpy(memory.data() + offset, mirror.data() + offset, bytes);
    emulator::markWritten(offset, bytes);
  }
  void download(uint64_t offset, uint64_t bytes) override {
    std::memcpy(mirror.data() + offset, memory.data() + offset, bytes);
  }

  void run(const Timeline &timeline, StepRunner &stepper) override {
    running = &timeline;
    nextAccess = nextWrite = 0;
    stepper.hooks = this;
    Device::run(timeline, stepper);
  }

private:
  HostMemory mirror;
  emulator::Arena memory;
  const Timeline *running = nullptr;
  int nextAccess = 0, nextWrite = 0;
  std::vector<emulator::Access> accesses;
  long long launchesLeft = 0; ///< launches until one fails; 0: none fails

  void before(int launch) override {
    if (launchesLeft > 0 && --launchesLeft == 0)
      throw DeviceFailure("cannot run the step: uncorrectable ECC error encountered");
    accesses.clear();
    for (; nextAccess < running->accessCount; ++nextAccess) {
      const AccessInfo &access = running->accesses[nextAccess];
      if (access.launch > launch)
        break;
      accesses.push_back({access.offset, access.bytes, access.written, access.written});
    }
    for (emulator::Access &written : accesses)
      for (const emulator::Access &read : accesses)
        if (!read.written && read.offset < written.offset + written.bytes &&
            written.offset < read.offset + read.bytes)
          written.fresh = false;
    emulator::beginLaunch(nameOf(launch), accesses);
  }
  void after(int) override { emulator::endLaunch(); }
  void fill(void *bytes, int value, uint64_t count) override {
    std::memset(bytes, value, count);
    emulator::markUnwritten(static_cast<std::byte *>(bytes) - memory.data(), count);
  }

  /// Returns the name of the node that a launch comes from.
  const char *nameOf(int launch) {
    while (nextWrite < running->writeCount && running->writes[nextWrite].launch < launch)
      ++nextWrite;
    bool known = nextWrite < running->writeCount && running->writes[nextWrite].launch == launch;
    return known ? running->writes[nextWrite].node : "a launch";
  }
};

} // namespace

std::unique_ptr<Device> openDevice(const Program &program) {
  return std::make_unique<EmulatorDevice>(program.arenaBytes);
}

} // namespace plimsoll
