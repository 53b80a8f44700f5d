//===- GpuArena.cpp - the emulator's interface, on a GPU ----------------------===//
//
// Linked with this instead of the emulator, the comparisons with the CPU's kernels run on a GPU:
// the arena is managed memory, which host and GPU both access. Single accesses are not checked
// here; the sanitizer of the CUDA toolkit can check them.
//===----------------------------------------------------------------------===//
#include "devices/cuda/CudaError.h"
#include "devices/emulator/Device.h"

#include <cstring>

namespace plimsoll::emulator {
namespace {

std::byte *memory = nullptr;
size_t size = 0;

} // namespace

Arena::Arena(size_t bytes) {
  void *address = nullptr;
  cuda::check("allocate managed memory", cudaMallocManaged(&address, bytes ? bytes : 1));
  memory = static_cast<std::byte *>(address);
  size = bytes;
  std::memset(memory, 0xff, bytes); // NaN where nothing is written
}

Arena::~Arena() {
  cudaFree(memory);
  memory = nullptr;
}

std::byte *Arena::data() const {
  return memory;
}
size_t Arena::bytes() const {
  return size;
}

void markWritten(size_t, size_t) {}
void markUnwritten(size_t, size_t) {}
void beginLaunch(const char *, std::span<const Access>) {}
void endLaunch() {
  cuda::check("run the kernel", cudaDeviceSynchronize());
}
CollectFaults::CollectFaults() = default;
CollectFaults::~CollectFaults() = default;
std::vector<Fault> takeFaults() {
  return {};
}

} // namespace plimsoll::emulator
