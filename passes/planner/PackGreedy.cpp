//===- PackGreedy.cpp - buffers one by one into the gaps --------------------===//

#include "passes/planner/PackInternal.h"
#include "passes/planner/Sequence.h"

namespace plimsoll::planner {

namespace {

/// Counts how many buffers are alive together with each: those that start before its end, less
/// those that end by its start.
class Neighbours {
public:
  explicit Neighbours(std::span<const Buffer> buffers) {
    for (const Buffer &b : buffers)
      if (needsPlace(b)) {
        starts.push_back(b.lower);
        ends.push_back(b.upper);
      }
    std::sort(starts.begin(), starts.end());
    std::sort(ends.begin(), ends.end());
  }

  int64_t of(const Buffer &b) const {
    if (!needsPlace(b))
      return 0;
    const auto begun = std::lower_bound(starts.begin(), starts.end(), b.upper);
    const auto ended = std::upper_bound(ends.begin(), ends.end(), b.lower);
    return (begun - starts.begin()) - (ended - ends.begin()) - 1;
  }

private:
  std::vector<int64_t> starts, ends;
};

} // namespace

int64_t countConflicts(std::span<const Buffer> buffers) {
  const Neighbours neighbours(buffers);
  int64_t count = 0;
  for (const Buffer &b : buffers)
    count += neighbours.of(b);
  return count;
}

Conflicts::Conflicts(std::span<const Buffer> buffers) {
  const int32_t count = static_cast<int32_t>(buffers.size());
  std::vector<int32_t> byStart(count);
  std::iota(byStart.begin(), byStart.end(), 0);
  std::stable_sort(byStart.begin(), byStart.end(),
                   [&](int32_t a, int32_t b) { return buffers[a].lower < buffers[b].lower; });
  const Neighbours neighbours(buffers);
  start.assign(count + 1, 0);
  for (int32_t i = 0; i < count; ++i)
    start[i + 1] = start[i] + neighbours.of(buffers[i]);
  list.resize(start[count]);
  std::vector<int64_t> next(start.begin(), start.end() - 1);
  std::vector<int32_t> alive;
  for (int32_t i : byStart) {
    if (!needsPlace(buffers[i]))
      continue;
    std::erase_if(alive, [&](int32_t j) { return buffers[j].upper <= buffers[i].lower; });
    for (int32_t j : alive) {
      list[next[i]++] = j;
      list[next[j]++] = i;
    }
    alive.push_back(i);
  }
}

std::vector<int32_t> makeOrder(std::span<const Buffer> buffers, OrderKind kind) {
  std::vector<int32_t> order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  auto key = [&](int32_t i) -> std::pair<double, double> {
    const Buffer &b = buffers[i];
    const double size = static_cast<double>(b.size);
    const double length = static_cast<double>(b.upper - b.lower);
    const double first = b.fixed != none            ? -1e300
                         : kind == OrderKind::Size  ? -size
                         : kind == OrderKind::Start ? static_cast<double>(b.lower)
                         : kind == OrderKind::End   ? -static_cast<double>(b.upper)
                         : kind == OrderKind::Area  ? -size * length
                                                    : -length;
    return {first, kind == OrderKind::Size ? -length : -size};
  };
  std::vector<std::pair<double, double>> keys(buffers.size());
  for (size_t i = 0; i < buffers.size(); ++i)
    keys[i] = key(static_cast<int32_t>(i));
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t a, int32_t b) { return keys[a] < keys[b]; });
  return order;
}

int64_t gapFor(std::span<const std::pair<int64_t, int64_t>> taken, int64_t size, int64_t alignment,
               Fit fit) {
  int64_t end = 0, place = none,
          gap = 0; // lowest free byte above the ranges seen; chosen offset
  for (const auto &[low, high] : taken) {
    const int64_t offset = alignUp(end, alignment);
    if (low >= offset + size && (place == none || low - end < gap)) {
      place = offset;
      gap = low - end;
      if (fit == Fit::Lowest)
        break;
    }
    end = std::max(end, high);
  }
  return place != none ? place : alignUp(end, alignment);
}

std::vector<int64_t> placeInOrder(std::span<const Buffer> buffers, const Conflicts &conflicts,
                                  const std::vector<int32_t> &order, Fit fit) {
  std::vector<int64_t> offsets(buffers.size(), 0);
  std::vector<char> placed(buffers.size(), 0);
  std::vector<std::pair<int64_t, int64_t>> taken;
  for (int32_t i : order) {
    const Buffer &b = buffers[i];
    placed[i] = 1;
    if (b.fixed != none) {
      offsets[i] = b.fixed;
      continue;
    }
    taken.clear();
    for (int32_t j : conflicts.of(i))
      if (placed[j])
        taken.push_back({offsets[j], offsets[j] + buffers[j].size});
    std::sort(taken.begin(), taken.end());
    offsets[i] = gapFor(taken, b.size, b.alignment, fit);
  }
  return offsets;
}

int64_t heightOf(std::span<const Buffer> buffers, const std::vector<int64_t> &offsets) {
  int64_t height = 0;
  for (size_t i = 0; i < buffers.size(); ++i)
    if (needsPlace(buffers[i]))
      height = std::max(height, offsets[i] + buffers[i].size);
  return height;
}

} // namespace plimsoll::planner
