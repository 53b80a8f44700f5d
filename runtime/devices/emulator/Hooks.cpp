//===- Hooks.cpp - the functions that instrumented loads and stores call ----===//
//
// The kernels are compiled with -fsanitize=thread, but the sanitizer's library is never linked:
// these functions replace it. This file must not be instrumented itself.
//===----------------------------------------------------------------------===//
#include "Memory.h"

#include <cstring>

namespace plimsoll::emulator {
namespace {

template <Kind kind> inline bool known(const Cell &cell) {
  if (kind == Kind::read)
    return cell.read == running.stamp;
  return cell.write == running.stamp &&
         (cell.read == running.stamp || blockOf(cell.read) != running.block);
}

/// Checks one access. Usually two comparisons suffice: is the address in device memory, and does
/// its cell record the same access by this thread already.
template <Kind kind, size_t size>
inline __attribute__((always_inline)) void hook(const void *address, const void *caller) {
  size_t offset = static_cast<size_t>(static_cast<const std::byte *>(address) - memory.base);
  if (offset >= memory.span)
    return; // memory of the host: stack, constants, arguments
  ++accesses;
  if (size >= 4 && offset % size == 0) {
    const Cell *cell = memory.words + offset / 4;
    bool all = true;
    for (size_t i = 0; i < size / 4; ++i)
      all &= known<kind>(cell[i]);
    if (all)
      return;
  }
  access(kind, offset, size, caller);
}

} // namespace
} // namespace plimsoll::emulator

using namespace plimsoll::emulator;

#define PLIMSOLL_HOOK(name, kind, size)                                                            \
  extern "C" void __tsan_##name##size(void *address) {                                             \
    hook<Kind::kind, size>(address, __builtin_return_address(0));                                  \
  }
#define PLIMSOLL_HOOKS(name, kind)                                                                 \
  PLIMSOLL_HOOK(name, kind, 1)                                                                     \
  PLIMSOLL_HOOK(name, kind, 2)                                                                     \
  PLIMSOLL_HOOK(name, kind, 4)                                                                     \
  PLIMSOLL_HOOK(name, kind, 8)                                                                     \
  PLIMSOLL_HOOK(name, kind, 16)
PLIMSOLL_HOOKS(read, read)
PLIMSOLL_HOOKS(write, write)

// Called for types whose alignment is less than their size.
#define PLIMSOLL_UNALIGNED(name, kind, size)                                                       \
  extern "C" void __tsan_unaligned_##name##size(void *address) {                                   \
    accessRange(Kind::kind, address, size, __builtin_return_address(0));                           \
  }
#define PLIMSOLL_UNALIGNED_HOOKS(name, kind)                                                       \
  PLIMSOLL_UNALIGNED(name, kind, 2)                                                                \
  PLIMSOLL_UNALIGNED(name, kind, 4)                                                                \
  PLIMSOLL_UNALIGNED(name, kind, 8)                                                                \
  PLIMSOLL_UNALIGNED(name, kind, 16)
PLIMSOLL_UNALIGNED_HOOKS(read, read)
PLIMSOLL_UNALIGNED_HOOKS(write, write)

extern "C" {
void __tsan_init() {}
void __tsan_func_entry(void *) {}
void __tsan_func_exit() {}
void __tsan_vptr_read(void **) {}
void __tsan_vptr_update(void **, void *) {}

void __tsan_read_range(void *address, unsigned long bytes) {
  accessRange(Kind::read, address, bytes, __builtin_return_address(0));
}
void __tsan_write_range(void *address, unsigned long bytes) {
  accessRange(Kind::write, address, bytes, __builtin_return_address(0));
}

void *__tsan_memcpy(void *to, const void *from, size_t bytes) {
  accessRange(Kind::read, from, bytes, __builtin_return_address(0));
  accessRange(Kind::write, to, bytes, __builtin_return_address(0));
  return std::memcpy(to, from, bytes);
}
void *__tsan_memmove(void *to, const void *from, size_t bytes) {
  accessRange(Kind::read, from, bytes, __builtin_return_address(0));
  accessRange(Kind::write, to, bytes, __builtin_return_address(0));
  return std::memmove(to, from, bytes);
}
void *__tsan_memset(void *to, int value, size_t bytes) {
  accessRange(Kind::write, to, bytes, __builtin_return_address(0));
  return std::memset(to, value, bytes);
}
} // extern "C"

// C++ atomics: only host code in the kernels' files uses them, never on device memory.
#define PLIMSOLL_ATOMICS(bits, type)                                                               \
  extern "C" type __tsan_atomic##bits##_load(const volatile type *address, int) {                  \
    return __atomic_load_n(address, __ATOMIC_SEQ_CST);                                             \
  }                                                                                                \
  extern "C" void __tsan_atomic##bits##_store(volatile type *address, type value, int) {           \
    __atomic_store_n(address, value, __ATOMIC_SEQ_CST);                                            \
  }                                                                                                \
  extern "C" type __tsan_atomic##bits##_exchange(volatile type *address, type value, int) {        \
    return __atomic_exchange_n(address, value, __ATOMIC_SEQ_CST);                                  \
  }                                                                                                \
  extern "C" type __tsan_atomic##bits##_fetch_add(volatile type *address, type value, int) {       \
    return __atomic_fetch_add(address, value, __ATOMIC_SEQ_CST);                                   \
  }                                                                                                \
  extern "C" type __tsan_atomic##bits##_fetch_sub(volatile type *address, type value, int) {       \
    return __atomic_fetch_sub(address, value, __ATOMIC_SEQ_CST);                                   \
  }                                                                                                \
  extern "C" int __tsan_atomic##bits##_compare_exchange_strong(                                    \
      volatile type *address, type *wanted, type value, int, int) {                                \
    return __atomic_compare_exchange_n(address, wanted, value, false, __ATOMIC_SEQ_CST,            \
                                       __ATOMIC_SEQ_CST);                                          \
  }
PLIMSOLL_ATOMICS(8, uint8_t)
PLIMSOLL_ATOMICS(16, uint16_t)
PLIMSOLL_ATOMICS(32, uint32_t)
PLIMSOLL_ATOMICS(64, uint64_t)
