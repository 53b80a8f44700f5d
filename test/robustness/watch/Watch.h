//===- Watch.h - counts the memory requests of a training program ------------===//
//
// Preloaded into a program, this library counts allocations and mappings by their callers:
// the program's code, or a library. It watches from one step to another;
// it recognises steps by the lines that are written to the metrics file.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_TEST_WATCH_H
#define PLIMSOLL_TEST_WATCH_H

#include <cstddef>

namespace watch {

/// Makes a system call from the address that the filter allows.
long systemCall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                long f = 0);

/// From this call on, seen() is called for every mmap, mremap and brk of the process; false if the
/// system refuses. libc's inner calls cannot be observed in any other way.
bool trapSystemCalls();

/// Called for each system call that was made, by the code at `caller`.
void seen(long number, size_t bytes, const void *caller);

} // namespace watch

#endif // PLIMSOLL_TEST_WATCH_H
