//===- PackBySize.cpp - best fit in the order of sizes, without lists of
// conflicts ----===//
//
// For instances whose conflicts are too many to list. What overlaps a buffer is
// found among the buffers in the order of their starts: those that start within
// its life are neighbours in it, those alive at its start stand in the nearest
// landing before it.
//
//===----------------------------------------------------------------------===//

#include "passes/planner/PackInternal.h"
#include "passes/planner/Sequence.h"

#include <array>
#include <limits>

namespace plimsoll::planner {

namespace {

constexpr int64_t landingEvery = 64; ///< buffers

class BySize {
  struct Place {
    std::pair<int64_t, int64_t> taken;
    int64_t placedUntil = std::numeric_limits<int64_t>::min(); ///< end of life, once placed
  };

public:
  /// May stop before all is there; `isPractical` says so.
  BySize(std::span<const Buffer> buffers, int64_t overlaps) : buffers(buffers), left(overlaps) {
    for (int32_t i : makeOrder(buffers, OrderKind::Start))
      if (needsPlace(buffers[i]))
        byStart.push_back(i);
    positionOf.assign(buffers.size(), none);
    for (size_t p = 0; p < byStart.size(); ++p) {
      positionOf[byStart[p]] = static_cast<int32_t>(p);
      starts.push_back(buffers[byStart[p]].lower);
      ends.push_back(buffers[byStart[p]].upper);
    }
    makeLandings();
    places.resize(byStart.size());
  }

  bool isPractical() const { return left > 0; }

  std::vector<int64_t> run(int64_t below) {
    while ((below >> shift) > 255)
      ++shift;
    std::vector<int64_t> offsets(buffers.size(), 0);
    for (int32_t i : makeOrder(buffers, OrderKind::Size)) {
      const int32_t position = positionOf[i];
      if (position == none)
        continue;
      findTaken(position);
      const int64_t offset = gapFor(taken, buffers[i].size, buffers[i].alignment, Fit::Best);
      if (offset + buffers[i].size >= below)
        return {};
      offsets[i] = offset;
      places[position] = {{offset, offset + buffers[i].size}, buffers[i].upper};
    }
    return offsets;
  }

private:
  /// The landing before a position, and the first position that starts after
  /// its life.
  std::pair<int64_t, int32_t> neighbours(int32_t position) const {
    const auto past = std::lower_bound(starts.begin() + position, starts.end(), ends[position]);
    return {position / landingEvery, static_cast<int32_t>(past - starts.begin())};
  }

  void makeLandings() {
    std::vector<int32_t> alive;
    for (size_t p = 0; p < byStart.size() && left > 0; ++p) {
      if (p % landingEvery == 0) {
        std::erase_if(alive, [&](int32_t q) { return ends[q] <= starts[p]; });
        landingStart.push_back(landings.size());
        landings.insert(landings.end(), alive.begin(), alive.end());
      }
      alive.push_back(static_cast<int32_t>(p));
      const auto [landing, past] = neighbours(static_cast<int32_t>(p));
      left -= static_cast<int64_t>(landings.size() - landingStart[landing]) + past -
              landing * landingEvery;
    }
    landingStart.push_back(landings.size());
  }

  /// The bytes of placed buffers that are alive with the one at `position`,
  /// sorted.
  void findTaken(int32_t position) {
    const auto [landing, past] = neighbours(position);
    const int32_t first = static_cast<int32_t>(landing * landingEvery);
    taken.resize(landingStart[landing + 1] - landingStart[landing] + past - first);
    size_t count = 0;
    auto add = [&](int32_t q) { // without a branch that would be hard to predict
      taken[count] = places[q].taken;
      count += places[q].placedUntil > starts[position];
    };
    for (size_t k = landingStart[landing]; k < landingStart[landing + 1]; ++k)
      add(landings[k]);
    for (int32_t q = first; q < past; ++q)
      add(q);
    taken.resize(count);
    sortTaken();
  }

  /// By counting their offsets in 1/256 of the height, then each of these.
  void sortTaken() {
    std::array<uint32_t, 257> from{};
    for (const auto &[low, high] : taken)
      ++from[(low >> shift) + 1];
    for (size_t b = 1; b < from.size(); ++b)
      from[b] += from[b - 1];
    sorted.resize(taken.size());
    for (const auto &range : taken)
      sorted[from[range.first >> shift]++] = range;
    uint32_t first = 0;
    for (size_t b = 0; b + 1 < from.size(); first = from[b++])
      std::sort(sorted.begin() + first, sorted.begin() + from[b]);
    std::swap(sorted, taken);
  }

  std::span<const Buffer> buffers;
  int64_t left; ///< neighbours that may still be looked at
  std::vector<int32_t> byStart,
      positionOf;                    ///< position: of a buffer in `byStart`
  std::vector<int64_t> starts, ends; ///< of each position
  std::vector<size_t> landingStart;
  std::vector<int32_t> landings; ///< positions alive where every 64th starts
  std::vector<Place> places;     ///< of each position
  std::vector<std::pair<int64_t, int64_t>> taken, sorted;
  int32_t shift = 0; ///< of an offset: its 256th of the height
};

} // namespace

std::vector<int64_t> packBySize(std::span<const Buffer> buffers, int64_t below, int64_t overlaps) {
  BySize placing(buffers, overlaps);
  return placing.isPractical() ? placing.run(below) : std::vector<int64_t>();
}

} // namespace plimsoll::planner
