//===- PackSweep.cpp - best fit in the order of starts ------------------------------===//
//
// One sweep over time. The free bytes are kept in two ordered sets, by size and by offset: O(n log
// n), for instances of a million buffers.
//
//===----------------------------------------------------------------------===//

#include "passes/planner/PackInternal.h"
#include "passes/planner/Sequence.h"

#include <map>
#include <set>

namespace plimsoll::planner {

namespace {

/// Free bytes below `top`, in gaps that never touch each other.
class FreeBytes {
public:
  int64_t take(int64_t size, int64_t alignment) {
    auto gap = bySize.lower_bound({size, 0});
    for (; gap != bySize.end(); ++gap)
      if (const int64_t at = alignUp(gap->second, alignment);
          at + size <= gap->second + gap->first) {
        cut(gap->second, gap->first, at, size);
        return at;
      }
    // Above everything, beginning in the gap directly below `top` if there is one.
    int64_t from = top;
    if (!byOffset.empty())
      if (const auto last = std::prev(byOffset.end()); last->first + last->second == top)
        from = last->first;
    const int64_t at = alignUp(from, alignment), end = std::max(top, at + size);
    if (from < top)
      erase(from, top - from);
    if (at > from)
      insert(from, at - from);
    top = end;
    return at;
  }

  void give(int64_t offset, int64_t size) {
    auto next = byOffset.lower_bound(offset);
    if (next != byOffset.end() && next->first == offset + size) {
      size += next->second;
      erase(next->first, next->second);
      next = byOffset.lower_bound(offset);
    }
    if (next != byOffset.begin())
      if (const auto [low, bytes] = *std::prev(next); low + bytes == offset) {
        erase(low, bytes);
        offset = low;
        size += bytes;
      }
    insert(offset, size);
  }

private:
  void cut(int64_t low, int64_t bytes, int64_t at, int64_t size) {
    erase(low, bytes);
    if (at > low)
      insert(low, at - low);
    if (low + bytes > at + size)
      insert(at + size, low + bytes - at - size);
  }
  void insert(int64_t offset, int64_t size) {
    byOffset[offset] = size;
    bySize.insert({size, offset});
  }
  void erase(int64_t offset, int64_t size) {
    byOffset.erase(offset);
    bySize.erase({size, offset});
  }

  std::map<int64_t, int64_t> byOffset;
  std::set<std::pair<int64_t, int64_t>> bySize;
  int64_t top = 0;
};

} // namespace

std::vector<int64_t> packSweep(std::span<const Buffer> buffers) {
  std::vector<int32_t> starts, ends;
  for (int32_t i = 0; i < std::ssize(buffers); ++i) {
    if (buffers[i].fixed != none)
      return {};
    if (needsPlace(buffers[i]))
      starts.push_back(i);
  }
  ends = starts;
  std::sort(starts.begin(), starts.end(), [&](int32_t a, int32_t b) {
    const Buffer &x = buffers[a], &y = buffers[b];
    return std::tuple(x.lower, -x.size, a) < std::tuple(y.lower, -y.size, b);
  });
  std::sort(ends.begin(), ends.end(), [&](int32_t a, int32_t b) {
    return std::pair(buffers[a].upper, a) < std::pair(buffers[b].upper, b);
  });
  FreeBytes free;
  std::vector<int64_t> offsets(buffers.size(), 0);
  auto ended = ends.begin();
  for (int32_t i : starts) {
    for (; ended != ends.end() && buffers[*ended].upper <= buffers[i].lower; ++ended)
      free.give(offsets[*ended], buffers[*ended].size);
    offsets[i] = free.take(buffers[i].size, buffers[i].alignment);
  }
  return offsets;
}

} // namespace plimsoll::planner
