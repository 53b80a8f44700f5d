//===- Watch.cpp - the functions that replace libc's -------------------------===//
//
// Environment: WATCH_REPORT, the JSON file to write at exit; WATCH_FROM and WATCH_TO, the
// steps between whose metrics lines everything is counted.
//===----------------------------------------------------------------------===//
#include "Watch.h"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <new>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);
}

namespace {

struct Counts {
  std::atomic<long> allocations, mappings, breaks;
};

bool trapped = false;
std::atomic<bool> watching = false;
long from = 2, to = 0, lastStep = 0;
/// The addresses of an object in memory.
struct Range {
  uintptr_t begin = 0, end = 0;
  bool holds(const void *address) const {
    return reinterpret_cast<uintptr_t>(address) - begin < end - begin;
  }
};
/// The program's object, and libstdc++, whose strings and containers count as the program's.
Range executable, standardLibrary;

Counts own, others;                               ///< while watching
std::atomic<long> systemCalls = 0, ownBefore = 0; ///< before it, to know that they are seen
std::atomic<long> ownMappings = 0;                ///< from start to end: by the program's own code
std::atomic<size_t> ownMapped[16];                ///< their sizes
std::atomic<long> live = 0, most = 0; ///< bytes of the heap; `most` since the watch began
long liveAtStart = 0;
const void *firstOwn = nullptr; ///< the caller of the first allocation of the program's code

/// The caller that requested the memory which libc now maps by an inner call.
thread_local const void *asking = nullptr;

bool isOwn(const void *caller) {
  return executable.holds(caller) || standardLibrary.holds(caller);
}

Counts &countsOf(const void *caller) {
  return isOwn(caller) ? own : others;
}

void grow(void *memory) {
  if (!memory)
    return;
  long now = live += static_cast<long>(malloc_usable_size(memory));
  long seen = most;
  while (now > seen && !most.compare_exchange_weak(seen, now))
    ;
}

void shrink(void *memory) {
  if (memory)
    live -= static_cast<long>(malloc_usable_size(memory));
}

/// An allocation made by one of the functions below.
struct Allocation {
  explicit Allocation(const void *caller) : before(asking) {
    asking = caller;
    if (!watching) {
      ownBefore += isOwn(caller);
      return;
    }
    Counts &counts = countsOf(caller);
    ++counts.allocations;
    if (&counts == &own && !firstOwn)
      firstOwn = caller;
  }
  ~Allocation() { asking = before; }
  const void *before;
};

/// Returns "VmHWM:   1234 kB" of /proc/self/status, in bytes.
long peakResident() {
  char text[4096];
  int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  long size = file < 0 ? 0 : read(file, text, sizeof text - 1);
  close(file);
  text[size > 0 ? size : 0] = 0;
  const char *line = std::strstr(text, "VmHWM:");
  return line ? std::strtol(line + 6, nullptr, 10) * 1024 : -1;
}

void noteStep(long step) {
  lastStep = step;
  if (step == from) {
    liveAtStart = live;
    most = live.load();
    watching = true;
  } else if (step == to) {
    watching = false;
  }
}

__attribute__((constructor)) void begin() {
  // The first object is the executable.
  dl_iterate_phdr(
      [](dl_phdr_info *info, size_t, void *) {
        Range range{info->dlpi_addr, info->dlpi_addr};
        for (int i = 0; i < info->dlpi_phnum; ++i)
          if (const auto &part = info->dlpi_phdr[i]; part.p_type == PT_LOAD)
            range.end = range.begin + part.p_vaddr + part.p_memsz;
        if (!executable.end)
          executable = range;
        else if (std::strstr(info->dlpi_name, "libstdc++"))
          standardLibrary = range;
        return 0;
      },
      nullptr);
  if (const char *text = std::getenv("WATCH_FROM"))
    from = std::atol(text);
  if (const char *text = std::getenv("WATCH_TO"))
    to = std::atol(text);
  trapped = watch::trapSystemCalls();
}

__attribute__((destructor)) void end() {
  watching = false;
  const char *path = std::getenv("WATCH_REPORT");
  int file = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
  if (file < 0)
    return;
  char text[2048];
  int size = std::snprintf(
      text, sizeof text,
      "{\"trapped\": %d, \"system_calls_before\": %ld, \"own_before\": %ld, \"last_step\": %ld, "
      "\"peak_resident\": %ld, \"own_allocations\": %ld, "
      "\"own_mappings\": %ld, \"own_breaks\": %ld, \"library_allocations\": %ld, "
      "\"library_mappings\": %ld, \"library_breaks\": %ld, \"transient_bytes\": %ld, "
      "\"first_own\": \"%+ld\", \"mapped_by_program\": [",
      trapped, systemCalls.load(), ownBefore.load(), lastStep, peakResident(),
      own.allocations.load(), own.mappings.load(), own.breaks.load(), others.allocations.load(),
      others.mappings.load(), others.breaks.load(), most.load() - liveAtStart,
      firstOwn ? static_cast<long>(reinterpret_cast<uintptr_t>(firstOwn) - executable.begin) : 0L);
  for (long i = 0; i < ownMappings && i < 16; ++i)
    size +=
        std::snprintf(text + size, sizeof text - size, "%s%zu", i ? ", " : "", ownMapped[i].load());
  size += std::snprintf(text + size, sizeof text - size, "]}\n");
  (void)!watch::systemCall(SYS_write, file, reinterpret_cast<long>(text), size);
  close(file);
}

} // namespace

void watch::seen(long number, size_t bytes, const void *caller) {
  if (!watching)
    ++systemCalls;
  if (!watching || (number == SYS_brk && !bytes))
    return;
  Counts &counts = countsOf(asking ? asking : caller);
  ++(number == SYS_brk ? counts.breaks : counts.mappings);
}

// The operators of C++, so that the caller is the code with `new`, not the library behind it.

static void *allocate(size_t bytes, const void *caller) {
  Allocation allocation(caller);
  void *memory = __libc_malloc(bytes);
  grow(memory);
  if (!memory)
    std::abort();
  return memory;
}

void *operator new(size_t bytes) {
  return allocate(bytes, __builtin_return_address(0));
}
void *operator new[](size_t bytes) {
  return allocate(bytes, __builtin_return_address(0));
}
void *operator new(size_t bytes, const std::nothrow_t &) noexcept {
  return allocate(bytes, __builtin_return_address(0));
}
void *operator new[](size_t bytes, const std::nothrow_t &) noexcept {
  return allocate(bytes, __builtin_return_address(0));
}

extern "C" {

void *malloc(size_t bytes) {
  Allocation allocation(__builtin_return_address(0));
  void *memory = __libc_malloc(bytes);
  grow(memory);
  return memory;
}

void *calloc(size_t count, size_t bytes) {
  Allocation allocation(__builtin_return_address(0));
  void *memory = __libc_calloc(count, bytes);
  grow(memory);
  return memory;
}

void *realloc(void *old, size_t bytes) {
  Allocation allocation(__builtin_return_address(0));
  shrink(old);
  void *memory = __libc_realloc(old, bytes);
  grow(memory ? memory : bytes ? old : nullptr);
  return memory;
}

void free(void *memory) {
  shrink(memory);
  __libc_free(memory);
}

static void *aligned(size_t alignment, size_t bytes, const void *caller) {
  Allocation allocation(caller);
  void *memory = __libc_memalign(alignment, bytes);
  grow(memory);
  return memory;
}

void *memalign(size_t alignment, size_t bytes) {
  return aligned(alignment, bytes, __builtin_return_address(0));
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  return aligned(alignment, bytes, __builtin_return_address(0));
}

int posix_memalign(void **memory, size_t alignment, size_t bytes) {
  *memory = aligned(alignment, bytes, __builtin_return_address(0));
  return *memory ? 0 : ENOMEM;
}

void *mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset) {
  const void *caller = __builtin_return_address(0);
  if (isOwn(caller)) {
    long index = ownMappings++;
    if (index < 16)
      ownMapped[index] = bytes;
  }
  watch::seen(SYS_mmap, bytes, caller);
  long result = watch::systemCall(SYS_mmap, reinterpret_cast<long>(address),
                                  static_cast<long>(bytes), protection, flags, file, offset);
  if (result < 0 && result > -4096) {
    errno = static_cast<int>(-result);
    return MAP_FAILED;
  }
  return reinterpret_cast<void *>(result);
}

void *mmap64(void *, size_t, int, int, int, off_t) __attribute__((alias("mmap")));

ssize_t write(int file, const void *data, size_t bytes) {
  constexpr char kStep[] = "{\"step\":";
  if (bytes > sizeof kStep && !std::memcmp(data, kStep, sizeof kStep - 1))
    noteStep(std::strtol(static_cast<const char *>(data) + sizeof kStep - 1, nullptr, 10));
  long result =
      watch::systemCall(SYS_write, file, reinterpret_cast<long>(data), static_cast<long>(bytes));
  if (result < 0) {
    errno = static_cast<int>(-result);
    return -1;
  }
  return result;
}
}
