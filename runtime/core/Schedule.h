//===- Schedule.h - the learning rate of each step --------------------------===//
#ifndef PLIMSOLL_CORE_SCHEDULE_H
#define PLIMSOLL_CORE_SCHEDULE_H

#include <cstdint>
#include <string>

namespace plimsoll {

/// A schedule is written constant | cosine | linear | one-cycle [,warmup=N]. With W steps of
/// warm-up, step t (from 1) of N has the learning rate
///   t <= W: rate * t / W;
///   t > W: with p = (t - 1 - W) / (N - W), rate times 1 (constant), (1 + cos(pi p)) / 2 (cosine),
///   1 - p (linear).
/// one-cycle [,div=25][,final-div=1e4] is PyTorch's OneCycleLR with cosines: in W steps (default
/// 30 % of N) it rises from rate / div to rate, then falls to rate / div / final-div.
class Schedule {
public:
  /// Parses `text` for a run of `steps` steps. Throws UsageError.
  Schedule(const char *text, double rate, int64_t steps);

  /// Returns the learning rate of step `step`, from 1.
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
