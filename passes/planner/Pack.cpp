//===- Pack.cpp - the portfolio ---------------------------------------------------===//

#include "passes/planner/PackInternal.h"

namespace plimsoll::planner {

int64_t maxLive(std::span<const Buffer> buffers) {
  std::vector<std::pair<int64_t, int64_t>> edges; // time, change of live bytes
  for (const Buffer &b : buffers)
    if (b.upper > b.lower && b.size > 0) {
      edges.push_back({b.lower, b.size});
      edges.push_back({b.upper, -b.size});
    }
  std::sort(edges.begin(), edges.end()); // at equal times, ends come first
  int64_t live = 0, most = 0;
  for (const auto &[time, change] : edges)
    most = std::max(most, live += change);
  return most;
}

PackResult pack(std::span<const Buffer> buffers, const PackOptions &) {
  PackResult result;
  result.lowerBound = maxLive(buffers);
  const Conflicts conflicts(buffers);
  for (OrderKind kind : {OrderKind::Size, OrderKind::Start, OrderKind::Area, OrderKind::Length})
    for (Fit fit : {Fit::Lowest, Fit::Best}) {
      const std::vector<int64_t> offsets =
          placeInOrder(buffers, conflicts, makeOrder(buffers, kind), fit);
      const int64_t height = heightOf(buffers, offsets);
      if (result.offsets.empty() || height < result.height) {
        result.offsets = offsets;
        result.height = height;
      }
      if (result.height <= result.lowerBound)
        break;
    }
  result.proven = result.height <= result.lowerBound;
  return result;
}

} // namespace plimsoll::planner
