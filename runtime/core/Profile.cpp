//===- Profile.cpp - the time of every launch -------------------------------===//
#include "Profile.h"

#include "Failure.h"
#include "Json.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace plimsoll {

Profile::Profile(const Timeline &timeline, const MachineRates &rates)
    : timeline(timeline), rates(rates), seconds(static_cast<size_t>(timeline.launchCount) * kept) {}

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

void Profile::Row::add(const Row &other) {
  launches += other.launches;
  seconds += other.seconds, leastSeconds += other.leastSeconds, predicted += other.predicted;
  flops += other.flops, bytes += other.bytes, limit += other.limit;
}

std::vector<Profile::Row> Profile::rows() const {
  std::vector<Row> all;
  for (int launch = 0; launch < timeline.launchCount && steps > 0; ++launch) {
    std::vector<float> times = timesOf(launch);
    Row row;
    row.seconds = times[times.size() / 2], row.leastSeconds = times[0];
    if (timeline.launches) {
      const LaunchInfo &info = timeline.launches[launch];
      row.kind = info.kind, row.predicted = info.seconds;
      row.flops = info.flops, row.bytes = info.bytes;
    }
    if (rates.flopsPerSecond > 0 && rates.bytesPerSecond > 0)
      row.limit = std::max(row.flops / rates.flopsPerSecond, row.bytes / rates.bytesPerSecond);
    all.push_back(row);
  }
  return all;
}

std::vector<Profile::Row> Profile::kindsOf(const std::vector<Row> &launches) {
  std::vector<Row> kinds;
  for (const Row &launch : launches) {
    auto known = std::find_if(kinds.begin(), kinds.end(),
                              [&](const Row &kind) { return kind.kind == launch.kind; });
    known == kinds.end() ? kinds.push_back(launch) : known->add(launch);
  }
  std::stable_sort(kinds.begin(), kinds.end(),
                   [](const Row &a, const Row &b) { return a.seconds > b.seconds; });
  return kinds;
}

namespace {

/// Prints objects with the events of a trace: launches one behind the other, at measured and at
/// predicted times.
class TraceEvents {
public:
  void name(const char *what, int thread, const char *text) {
    events += format("\n  {\"ph\": \"M\", \"pid\": 1, \"tid\": %d, \"name\": \"%s\", "
                     "\"args\": {\"name\": \"%s\"}},",
                     thread, what, text);
  }
  void launch(int thread, double &at, double seconds, const std::string &node,
              const std::string &arguments) {
    events += format("\n  {\"ph\": \"X\", \"pid\": 1, \"tid\": %d, \"ts\": %.6f, \"dur\": %.6f, "
                     "\"name\": ",
                     thread, at * 1e6, seconds * 1e6);
    appendQuoted(events, node);
    events += ", \"args\": {" + arguments + "}},";
    at += seconds;
  }
  /// Returns the list; its last comma is not there.
  std::string finish() const { return "[" + events.substr(0, events.size() - 1) + "]"; }

private:
  std::string events;
};

double perSecond(double amount, double seconds) {
  return seconds > 0 ? amount / seconds : 0;
}

} // namespace

std::string Profile::numbersOf(const Row &row) {
  std::string text = "\"kind\": ";
  appendQuoted(text, row.kind);
  return text + format(", \"seconds\": %.9g, \"least_seconds\": %.9g, \"predicted_seconds\": %.9g, "
                       "\"flops\": %.9g, \"bytes\": %.9g, \"share_of_limit\": %.4g",
                       row.seconds, row.leastSeconds, row.predicted, row.flops, row.bytes,
                       row.shareOfLimit());
}

void Profile::write(const std::string &path) const {
  std::vector<Row> all = rows();
  Row step;
  step.launches = 0;
  std::string launches, kinds;
  TraceEvents trace;
  trace.name("process_name", 0, "step");
  trace.name("thread_name", 1, "launches, at measured times");
  trace.name("thread_name", 2, "launches, at predicted times");
  double measuredAt = 0, predictedAt = 0;
  int next = 0;
  for (size_t launch = 0; launch < all.size(); ++launch) {
    const Row &row = all[launch];
    step.add(row);
    while (next < timeline.writeCount && timeline.writes[next].launch < static_cast<int>(launch))
      ++next;
    bool named =
        next < timeline.writeCount && timeline.writes[next].launch == static_cast<int>(launch);
    std::string node = named ? timeline.writes[next].node : "", numbers = numbersOf(row);
    std::string number = format("\"launch\": %zu, ", launch + 1);
    launches += (launches.empty() ? "\n  {" : ",\n  {") + number + "\"node\": ";
    appendQuoted(launches, node);
    launches += ", \"value\": ";
    appendQuoted(launches, named ? timeline.writes[next].name : "");
    launches += ", " + numbers + "}";
    trace.launch(1, measuredAt, row.seconds, node, number + numbers);
    trace.launch(2, predictedAt, row.predicted, node, number + numbers);
  }
  for (const Row &kind : kindsOf(all))
    kinds += (kinds.empty() ? "\n  {" : ",\n  {") + format("\"launches\": %d, ", kind.launches) +
             numbersOf(kind) + "}";
  std::string text =
      format("{\"steps\": %lld, \"step_seconds\": %.9g, \"predicted_seconds\": %.9g, "
             "\"flops_per_second\": %.9g, \"bytes_per_second\": %.9g,\n \"launches\": [",
             static_cast<long long>(steps), step.seconds, step.predicted, rates.flopsPerSecond,
             rates.bytesPerSecond) +
      launches + "],\n \"kinds\": [" + kinds +
      "],\n \"displayTimeUnit\": \"ms\", \"traceEvents\": " + trace.finish() + "}\n";
  std::FILE *file = std::fopen(path.c_str(), "w");
  bool good = file && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (file && std::fclose(file))
    good = false;
  if (!good)
    throw Failure(
        format("cannot write the profile to '%s': %s", path.c_str(), std::strerror(errno)));
}

std::string Profile::table() const {
  std::vector<Row> kinds = kindsOf(rows());
  Row step;
  step.launches = 0;
  for (const Row &kind : kinds)
    step.add(kind);
  step.kind = "all";
  kinds.push_back(step);
  std::string text = format("%-28s%9s%10s%7s%10s%8s%10s%14s\n", "launches of a step", "launches",
                            "ms", "share", "GFLOP/s", "GB/s", "of limit", "predicted ms");
  for (const Row &kind : kinds)
    text += format(
        "%-28s%9d%10.3f%6.1f%%%10.1f%8.1f%9.0f%%%14.3f\n",
        kind.kind.empty() ? "?" : kind.kind.c_str(), kind.launches, kind.seconds * 1e3,
        100 * perSecond(kind.seconds, step.seconds), perSecond(kind.flops, kind.seconds) / 1e9,
        perSecond(kind.bytes, kind.seconds) / 1e9, 100 * kind.shareOfLimit(), kind.predicted * 1e3);
  return text;
}

} // namespace plimsoll
