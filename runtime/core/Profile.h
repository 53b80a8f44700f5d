//===- Profile.h - the time of every launch ---------------------------------===//
//
// Times every launch of a timeline (--profile=FILE) and writes one JSON object at the
// end: {"steps": n, "step_seconds": s, "launches": [{"launch": 0, "node": "...",
// "value": "...", "seconds": s, "least_seconds": s}, ...]}. `seconds` is the median over the
// last steps, without the first step if there are more; `step_seconds` is the sum of these medians.
// Everything is allocated before the first step.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_PROFILE_H
#define PLIMSOLL_CORE_PROFILE_H

#include "plimsoll/Program.h"

#include <chrono>
#include <string>
#include <vector>

namespace plimsoll {

class Profile {
public:
  /// Times the launches of `timeline`.
  explicit Profile(const Timeline &timeline);

  void beginStep();
  static void observe(void *self, int launch) { static_cast<Profile *>(self)->note(launch); }

  /// Throws Failure.
  void write(const std::string &path) const;

private:
  using Clock = std::chrono::steady_clock;
  static constexpr int64_t kept = 31; ///< the number of last steps whose times are kept

  const Timeline &timeline;
  std::vector<float> seconds; ///< [launch * kept + step % kept], steps from 0
  int64_t steps = 0;
  Clock::time_point last;

  void note(int launch);
  std::vector<float> timesOf(int launch) const;
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_PROFILE_H
