//===- Profile.cpp - the time of every launch -------------------------------===//
#include "Profile.h"

#include "Failure.h"
#include "Json.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace plimsoll {

Profile::Profile(const Timeline &timeline)
    : timeline(timeline), seconds(static_cast<size_t>(timeline.launchCount) * kept) {}

void Profile::beginStep() {
  ++steps;
  last = Clock::now();
}

void Profile::note(int launch) {
  Clock::time_point now = Clock::now();
  seconds[launch * kept + (steps - 1) % kept] = std::chrono::duration<float>(now - last).count();
  last = now;
}

/// Returns the times of a launch, sorted; without the first step, which warms up caches and page
/// tables, if there are others.
std::vector<float> Profile::timesOf(int launch) const {
  auto begin = seconds.begin() + launch * kept;
  std::vector<float> times(begin + (steps > 1 && steps <= kept), begin + std::min(steps, kept));
  std::sort(times.begin(), times.end());
  return times;
}

void Profile::write(const std::string &path) const {
  std::string launches;
  double sum = 0;
  int next = 0;
  for (int launch = 0; launch < timeline.launchCount && steps > 0; ++launch) {
    std::vector<float> times = timesOf(launch);
    double median = times[times.size() / 2];
    sum += median;
    while (next < timeline.writeCount && timeline.writes[next].launch < launch)
      ++next;
    bool named = next < timeline.writeCount && timeline.writes[next].launch == launch;
    launches += launches.empty() ? "\n  " : ",\n  ";
    launches += format("{\"launch\": %d, \"node\": ", launch);
    appendQuoted(launches, named ? timeline.writes[next].node : "");
    launches += ", \"value\": ";
    appendQuoted(launches, named ? timeline.writes[next].name : "");
    launches += format(", \"seconds\": %.9g, \"least_seconds\": %.9g}", median, double(times[0]));
  }
  std::FILE *file = std::fopen(path.c_str(), "w");
  bool good =
      file && std::fprintf(file, "{\"steps\": %lld, \"step_seconds\": %.9g, \"launches\": [%s]}\n",
                           static_cast<long long>(steps), sum, launches.c_str()) > 0;
  if (file && std::fclose(file))
    good = false;
  if (!good)
    throw Failure(
        format("cannot write the profile to '%s': %s", path.c_str(), std::strerror(errno)));
}

} // namespace plimsoll
