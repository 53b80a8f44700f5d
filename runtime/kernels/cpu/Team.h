//===- Team.h - parallel loops over a fixed number of threads ---------------===//
//
// Every parallel region has exactly `threads` members, even if there is less to
// do: libgomp ends and restarts threads when the size of a team changes. Schedules are
// static and there are no reductions, so that results do not depend on the number of threads.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNELS_TEAM_H
#define PLIMSOLL_KERNELS_TEAM_H

#include <cstdint>
#include <omp.h>

namespace plimsoll::cpu {

/// Below about this many elementary operations, starting a team costs more than it gains.
inline constexpr int64_t kSmallWork = 16384;

/// Calls body(i) for i in [0, count); `work` estimates the elementary operations in all.
template <typename Body>
inline void parallelFor(int threads, int64_t count, int64_t work, const Body &body) {
  if (threads <= 1 || count <= 1 || work < kSmallWork) {
    for (int64_t i = 0; i < count; ++i)
      body(i);
    return;
  }
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t i = 0; i < count; ++i)
    body(i);
}

/// Calls body(thread, begin, end) for one range of [0, count) per thread, cut at multiples of
/// `grain`.
template <typename Body>
inline void parallelRanges(int threads, int64_t count, int64_t grain, int64_t work,
                           const Body &body) {
  if (threads <= 1 || count <= grain || work < kSmallWork) {
    if (count > 0)
      body(0, int64_t(0), count);
    return;
  }
  int64_t grains = (count + grain - 1) / grain;
#pragma omp parallel num_threads(threads)
  {
    int64_t team = omp_get_num_threads(), me = omp_get_thread_num();
    int64_t begin = grains * me / team * grain, end = grains * (me + 1) / team * grain;
    end = end < count ? end : count;
    if (begin < end)
      body(static_cast<int>(me), begin, end);
  }
}

/// Waits until all members of the team are here; outside of a team it does nothing.
inline void awaitTeam() {
#pragma omp barrier
}

/// Calls body(me, members) on each member of a team of `threads`. All of them may call awaitTeam.
template <typename Body> inline void parallelTeam(int threads, const Body &body) {
  if (threads <= 1) {
    body(int64_t(0), int64_t(1));
    return;
  }
#pragma omp parallel num_threads(threads)
  body(int64_t(omp_get_thread_num()), int64_t(omp_get_num_threads()));
}

} // namespace plimsoll::cpu

#endif // PLIMSOLL_KERNELS_TEAM_H
