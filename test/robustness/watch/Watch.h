//===- Watch.h - counting what a training program asks the system for --------===//
//
// Preloaded into a program, this library counts allocations and mappings by who asked
// for them: the program's own code, or a library. It watches from one step to another;
// steps are seen by the lines of the metrics file as they are written.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_TEST_WATCH_H
#define PLIMSOLL_TEST_WATCH_H

#include <cstddef>

namespace watch {

/// Makes a system call that the filter lets pass.
long systemCall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                long f = 0);

/// From here on mmap, mremap and brk are told to `seen`, whoever calls them; false when the
/// system refuses. libc's calls to itself cannot be seen in any other way.
bool trapSystemCalls();

/// A system call was made, by the code at `caller`.
void seen(long number, size_t bytes, const void *caller);

} // namespace watch

#endif // PLIMSOLL_TEST_WATCH_H
