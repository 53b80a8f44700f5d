//===- Schedule.h - the learning rate of every step -------------------------===//
#ifndef PLIMSOLL_CORE_SCHEDULE_H
#define PLIMSOLL_CORE_SCHEDULE_H

#include <cstdint>

namespace plimsoll {

/// constant | cosine | linear [,warmup=N]. With W steps of warm-up, step t (from 1) of N has
///   t <= W: rate * t / W; behind: p = (t - 1 - W) / (N - W), and the rate times 1 (constant),
///   (1 + cos(pi p)) / 2 (cosine), 1 - p (linear).
class Schedule {
public:
  /// Throws UsageError.
  Schedule(const char *text, double rate, int64_t steps);

  double at(int64_t step) const;

private:
  enum class Kind { constant, cosine, linear } kind = Kind::constant;
  double rate;
  int64_t steps, warmup = 0;
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_SCHEDULE_H
