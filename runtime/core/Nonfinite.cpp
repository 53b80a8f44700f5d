//===- Nonfinite.cpp - finding the first value that is not finite -----------===//
#include "Nonfinite.h"

#include "Failure.h"
#include "Storage.h"

#include <cmath>

namespace plimsoll {
namespace {

struct Seen {
  int64_t nan = -1, infinity = -1; ///< first element of each kind
};

template <typename T> Seen scanAs(const std::byte *bytes, int64_t count) {
  const T *data = reinterpret_cast<const T *>(bytes);
  Seen seen;
  for (int64_t i = 0; i < count && seen.nan < 0; ++i) {
    const auto x = static_cast<double>(data[i]);
    if (std::isnan(x))
      seen.nan = i;
    else if (std::isinf(x) && seen.infinity < 0)
      seen.infinity = i;
  }
  return seen;
}

Seen scan(ElementType type, const std::byte *bytes, int64_t count) {
  if (!isFloat(type))
    return {};
  return withStorage(type, [&]<typename T>() { return scanAs<T>(bytes, count); });
}

} // namespace

NonfiniteFinder::NonfiniteFinder(const Timeline &timeline, Device &device)
    : timeline(timeline), device(device), normal(timeline.writeCount) {}

void NonfiniteFinder::beginStep(int64_t number) {
  next = 0;
  step = number;
}

void NonfiniteFinder::acceptStep() {
  if (first)
    firstInfinity = {};
  first = false;
}

void NonfiniteFinder::look(int launch) {
  while (next < timeline.writeCount && timeline.writes[next].launch < launch)
    ++next;
  for (; next < timeline.writeCount && timeline.writes[next].launch == launch; ++next)
    inspect(next);
}

void NonfiniteFinder::inspect(int index) {
  const WriteInfo &write = timeline.writes[index];
  device.download(write.offset, write.count * bytesOf(write.type));
  Seen seen = scan(write.type, device.host() + write.offset, write.count);
  if (seen.nan >= 0 && firstNan.write < 0)
    firstNan = {index, seen.nan, step};
  if (seen.infinity >= 0 && firstInfinity.write < 0 && !normal[index])
    firstInfinity = {index, seen.infinity, step};
  if (first)
    normal[index] = seen.infinity >= 0;
}

std::string NonfiniteFinder::describe(const Found &found, const char *what) const {
  const WriteInfo &write = timeline.writes[found.write];
  return format("\n  the first %s is in '%s', written by %s in step %lld (element %lld of %lld)",
                what, write.name, write.node, static_cast<long long>(found.step),
                static_cast<long long>(found.element), static_cast<long long>(write.count));
}

std::string NonfiniteFinder::report() const {
  std::string text;
  bool before = firstInfinity.write >= 0 &&
                (firstNan.write < 0 || firstInfinity.step < firstNan.step ||
                 (firstInfinity.step == firstNan.step && firstInfinity.write <= firstNan.write));
  if (before)
    text += describe(firstInfinity, "infinite value");
  if (firstNan.write >= 0)
    text += describe(firstNan, "NaN");
  return text.empty() ? "\n  every value that the steps wrote is finite" : text;
}

} // namespace plimsoll
