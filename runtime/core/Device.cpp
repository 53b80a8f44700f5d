//===- Device.cpp - the memory of the arena, and running launches on it -----===//
#include "Device.h"

#include "Failure.h"
#include "Progress.h"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>

namespace plimsoll {

HostMemory::HostMemory(uint64_t size, Use use) : bytes(size ? size : 1) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | (use == Use::sparse ? MAP_NORESERVE : 0);
  void *mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (mapped == MAP_FAILED)
    throw Failure(format("cannot map the arena of %s bytes: %s",
                         grouped(static_cast<long long>(size)).c_str(), std::strerror(errno)));
  start = static_cast<std::byte *>(mapped);
}

HostMemory::~HostMemory() {
  munmap(start, bytes);
}

void Device::run(const Timeline &timeline, StepRunner &stepper) {
  stepper.begin();
  timeline.run(stepper);
}

void Device::beginFetch(const Timeline &timeline, int slot) {
  Scalars &to = slots[slot];
  auto fetch = [&](float &value, int64_t offset) {
    value = NAN;
    if (offset >= 0)
      std::memcpy(&value, arena() + offset, sizeof value);
  };
  fetch(to.loss, timeline.lossOffset);
  fetch(to.accuracy, timeline.accuracyOffset);
  fetch(to.gradientNorm, timeline.gradientNormOffset);
  to.ended = secondsNow();
}

} // namespace plimsoll
