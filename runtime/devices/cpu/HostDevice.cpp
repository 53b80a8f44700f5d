//===- HostDevice.cpp - the arena in the memory of the process --------------===//
#include "../../core/Device.h"
#include "../../core/Failure.h"

#include <omp.h>
#include <sys/mman.h>

namespace plimsoll {
namespace {

class HostDevice : public Device {
public:
  explicit HostDevice(uint64_t bytes) : memory(bytes, HostMemory::Use::whole) {
    madvise(memory.data(), bytes, MADV_HUGEPAGE); // optional: fewer page faults
  }
  std::byte *host() const override { return memory.data(); }
  std::byte *arena() const override { return memory.data(); }

private:
  HostMemory memory;
};

} // namespace

std::unique_ptr<Device> openDevice(const Program &program) {
  if (omp_get_thread_limit() < program.threads)
    throw Failure(format("this program runs on %d threads, and OMP_THREAD_LIMIT allows %d",
                         program.threads, omp_get_thread_limit()));
  return std::make_unique<HostDevice>(program.arenaBytes);
}

} // namespace plimsoll
