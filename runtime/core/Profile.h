//===- Profile.h - the time of every launch ---------------------------------===//
//
// Times every launch of a timeline (--profile=FILE) and writes one JSON object at the end, which
// trace viewers (ui.perfetto.dev) open too: {"steps": n, "step_seconds": s, "predicted_seconds": s,
// "flops_per_second": r, "bytes_per_second": r, "launches": [{"launch": 1, "node": "...",
// "value": "...", "kind": "matmul", "seconds": s, "least_seconds": s, "predicted_seconds": s,
// "flops": n, "bytes": n, "share_of_limit": x}, ...], "kinds": [...], "traceEvents": [...]}.
// `seconds` is the median over the last steps, without the first step if there are more;
// `step_seconds` is the sum of these medians. The limit of a launch is the longer of its arithmetic
// and its bytes at the machine's rates. Everything is allocated before the first step.
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
  Profile(const Timeline &timeline, const MachineRates &rates);

  void beginStep();
  static void observe(void *self, int launch) { static_cast<Profile *>(self)->note(launch); }

  /// Throws Failure.
  void write(const std::string &path) const;
  /// Returns a table of the kinds of launches, by their time in a step.
  std::string table() const;

private:
  using Clock = std::chrono::steady_clock;
  static constexpr int64_t kept = 31; ///< the number of last steps whose times are kept

  /// Launches of one kind, or one launch.
  struct Row {
    std::string kind;
    int launches = 1;
    double seconds = 0, leastSeconds = 0, predicted = 0, flops = 0, bytes = 0, limit = 0;

    void add(const Row &other);
    double shareOfLimit() const { return seconds > 0 ? limit / seconds : 0; }
  };

  const Timeline &timeline;
  const MachineRates rates;
  std::vector<float> seconds; ///< [launch * kept + step % kept], steps from 0
  int64_t steps = 0;
  Clock::time_point last;

  void note(int launch);
  std::vector<float> timesOf(int launch) const;
  static std::string numbersOf(const Row &row); ///< as members of a JSON object
  std::vector<Row> rows() const;                ///< of all launches
  static std::vector<Row>
  kindsOf(const std::vector<Row> &launches); ///< those that take longest first
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_PROFILE_H
