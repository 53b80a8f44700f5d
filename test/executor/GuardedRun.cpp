//===- GuardedRun.cpp - runs one launch in guarded memory ----------------------------===//
#include "test/executor/GuardedRun.h"
#include "plimsoll/CudaKernels.h"
#include "runtime/devices/emulator/Device.h"
#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr size_t kPage = 4096, kGuard = size_t(4) << 30;
constexpr int kClean = 0, kOutside = 3, kRefused = 4, kUndecided = 5;
constexpr unsigned kSeconds = 2;
constexpr std::byte kCanary{0xa5};

/// Bytes that end at an inaccessible page, with canaries before them in their first page.
class Guarded {
public:
  explicit Guarded(size_t bytes) : bytes(bytes), whole((bytes + kPage - 1) / kPage * kPage) {
    void *all = mmap(nullptr, whole + 2 * kGuard, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED)
      _exit(kUndecided);
    first = static_cast<std::byte *>(all) + kGuard;
    mprotect(first, whole, PROT_READ | PROT_WRITE);
    std::fill(first, data(), kCanary);
  }

  std::byte *data() const { return first + (whole - bytes); }
  void forbidWrites() const { mprotect(first, whole, PROT_READ); }
  bool isIntact() const {
    return std::all_of(first, data(), [](std::byte byte) { return byte == kCanary; });
  }

private:
  size_t bytes, whole;
  std::byte *first;
};

/// Fills bytes with numbers that are valid labels and indices, and small floats.
void fill(std::byte *data, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i)
    data[i] = i % 8 == 0 ? std::byte(i / 8 % 3) : std::byte(0);
}

template <typename T> T *guardedCopy(const std::vector<T> &numbers) {
  Guarded memory(numbers.size() * sizeof(T));
  if (!numbers.empty())
    std::memcpy(memory.data(), numbers.data(), numbers.size() * sizeof(T));
  memory.forbidWrites();
  return reinterpret_cast<T *>(memory.data());
}

/// Prepares and runs the launch with buffers at `places`, and ends the process.
void prepareAndRun(const GuardedLaunch &launch, const std::vector<void *> &places, void (*begin)(),
                   int (*end)()) {
  std::vector<void *> buffers;
  for (int slice : launch.buffers)
    buffers.push_back(slice < 0 ? nullptr : places[slice]);
  constexpr int threads = 1;
  LaunchShape shape = {guardedCopy(launch.sizes), static_cast<int>(launch.sizes.size()), threads,
                       launch.type, launch.precision};
  const char *error = nullptr;
  void *handle = nullptr;
  if (launch.kernel->prepare) {
    handle = launch.kernel->prepare(shape, static_cast<int64_t>(launch.workspaceBytes), &error);
    if (!handle)
      _exit(kRefused);
  }
  begin();
  launch.kernel->run({guardedCopy(buffers), static_cast<int>(buffers.size()), shape.sizes,
                      shape.sizeCount, guardedCopy(launch.scalars),
                      static_cast<int>(launch.scalars.size()), threads, handle, /*stream=*/nullptr,
                      shape.type, shape.precision});
  _exit(end());
}

/// Runs `child` on the launch in a child process; the way it ends gives the outcome.
Outcome inChild(void (*child)(const GuardedLaunch &), const GuardedLaunch &launch) {
  pid_t pid = fork();
  if (pid == 0) {
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDERR_FILENO);
    setenv("PATH", "", 1); // the emulator would look for the line of each fault
    for (int number : {SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGILL, SIGALRM})
      signal(number, SIG_DFL);
    alarm(kSeconds);
    child(launch);
    _exit(kUndecided);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFSIGNALED(status))
    return WTERMSIG(status) == SIGALRM ? Outcome::undecided : Outcome::outside;
  switch (WEXITSTATUS(status)) {
  case kClean:
    return Outcome::clean;
  case kRefused:
    return Outcome::refused;
  case kUndecided:
    return Outcome::undecided;
  default:
    return Outcome::outside;
  }
}

std::vector<Guarded> *regions; // those of the running child

/// Runs the launch in guarded memory. Slices at one offset share one place, as long as the
/// shortest.
void guardedChild(const GuardedLaunch &launch) {
  struct Place {
    uint64_t bytes;
    bool written;
  };
  std::map<uint64_t, Place> places;
  for (const GuardedSlice &slice : launch.slices) {
    auto [it, isNew] = places.try_emplace(slice.offset, Place{slice.bytes, slice.written});
    it->second = {std::min(it->second.bytes, slice.bytes), it->second.written || slice.written};
  }
  regions = new std::vector<Guarded>;
  std::map<uint64_t, void *> found;
  for (auto [offset, place] : places) {
    const Guarded &memory = regions->emplace_back(place.bytes);
    fill(memory.data(), place.bytes);
    if (!place.written)
      memory.forbidWrites();
    found[offset] = memory.data();
  }
  std::vector<void *> addresses;
  for (const GuardedSlice &slice : launch.slices)
    addresses.push_back(found[slice.offset]);
  prepareAndRun(
      launch, addresses, [] {},
      [] {
        bool intact = std::all_of(regions->begin(), regions->end(),
                                  [](const Guarded &memory) { return memory.isIntact(); });
        return intact ? kClean : kOutside;
      });
}

const GuardedLaunch *emulatedLaunch; // of the child that runs

bool touchedOutside() {
  std::vector<emulator::Fault> faults = emulator::takeFaults();
  return std::any_of(faults.begin(), faults.end(), [](const emulator::Fault &fault) {
    return fault.kind == emulator::FaultKind::bounds;
  });
}

void emulatedChild(const GuardedLaunch &launch) {
  emulatedLaunch = &launch;
  auto *arena = new emulator::Arena(launch.arenaBytes);
  new emulator::CollectFaults;
  signal(SIGALRM, [](int) { _exit(touchedOutside() ? kOutside : kUndecided); });
  std::vector<void *> addresses;
  for (const GuardedSlice &slice : launch.slices) {
    fill(arena->data() + slice.offset, slice.bytes);
    emulator::markWritten(slice.offset, slice.bytes);
    addresses.push_back(arena->data() + slice.offset);
  }
  prepareAndRun(
      launch, addresses,
      [] {
        std::vector<emulator::Access> accesses;
        for (const GuardedSlice &slice : emulatedLaunch->slices)
          accesses.push_back({slice.offset, slice.bytes, slice.written});
        std::stable_partition(accesses.begin(), accesses.end(),
                              [](const emulator::Access &each) { return !each.written; });
        emulator::beginLaunch("launch", accesses);
      },
      [] {
        emulator::endLaunch();
        return touchedOutside() ? kOutside : kClean;
      });
}

} // namespace

Outcome plimsoll::test::runGuarded(const GuardedLaunch &launch) {
  return inChild(guardedChild, launch);
}

Outcome plimsoll::test::runEmulated(const GuardedLaunch &launch) {
  return inChild(emulatedChild, launch);
}

const Kernel *plimsoll::test::emulatedKernel(const char *name) {
  return cuda::findKernel(name);
}
