//===- Schedule.h - the learning rate of every step -------------------------===//
#ifndef PLIMSOLL_CORE_SCHEDULE_H
#define PLIMSOLL_CORE_SCHEDULE_H

#include <cstdint>
#include <string>

namespace plimsoll {

/// constant | cosine | linear | one-cycle [,warmup=N]. With W steps of warm-up, step t (from 1)
/// of N has
///   t <= W: rate * t / W; behind: p = (t - 1 - W) / (N - W), and the rate times 1 (constant),
///   (1 + cos(pi p)) / 2 (cosine), 1 - p (linear).
/// one-cycle [,div=25][,final-div=1e4], PyTorch's OneCycleLR with cosines: in W steps (30 % of N)
/// from rate / div up to the rate, then down to rate / div / final-div.
class Schedule {
public:
  /// Throws UsageError.
  Schedule(const char *text, double rate, int64_t steps);

  double at(int64_t step) const;

private:
  enum class Kind { constant, cosine, linear, oneCycle } kind = Kind::constant;
  double rate;
  int64_t steps, warmup = -1; ///< -1: not given
  double division = 25, finalDivision = 1e4;

  bool setKind(const std::string &name);
  bool setOption(const std::string &piece);
  double oneCycle(int64_t step) const;
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_SCHEDULE_H
