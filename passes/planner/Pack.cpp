//===- Pack.cpp - the packing portfolio --------------------------------------===//

#include "passes/planner/PackInternal.h"

#include <chrono>

namespace plimsoll::planner {

namespace {

constexpr int64_t bySizeWork = 100'000'000; ///< for packing by size if conflicts are not listed
constexpr size_t quadraticLimit = 40000;    ///< buffers up to which conflicts are always listed
constexpr int64_t listLimit = 60'000'000;   ///< entries: with more, conflicts are not listed
constexpr size_t ordersLimit = 1500;        ///< buffers up to which all orders are tried

/// Returns the work to allow. A second is about 5e7 steps of the tree search and 1e8 of the
/// ejection search, 4e7 once its lists outgrow the caches.
SearchLimits limitsOf(Effort effort, size_t buffers) {
  if (effort == Effort::Fast)
    return {0, 200'000, 100, 200'000, 50, {}};
  const int64_t more = effort == Effort::Max ? 10 : 1;
  int64_t eject = buffers > manyBuffers ? 220'000'000 : 375'000'000;
  // Other parts of the portfolio grow with the number of buffers and leave less time for this one.
  if (buffers > quadraticLimit) {
    const double share = double(quadraticLimit) / double(buffers);
    eject = static_cast<int64_t>(double(eject) * share * share * share);
  }
  return {0, 100'000'000 * more, 5'000 * more, eject * more, 10'000 * more, {}};
}

class Portfolio {
public:
  Portfolio(std::span<const Buffer> buffers, const PackOptions &options)
      : buffers(buffers), options(options), started(std::chrono::steady_clock::now()) {
    result.lowerBound = maxLive(buffers);
    hasFixed = std::any_of(buffers.begin(), buffers.end(),
                           [](const Buffer &b) { return b.fixed != none; });
  }

  PackResult run() {
    offer(packSweep(buffers));
    if ((buffers.size() <= quadraticLimit || hasFixed) && !done()) {
      Conflicts conflicts(buffers);
      if (hasFixed && !fixedApart(conflicts)) {
        result.height = none;
        return std::move(result);
      }
      greedy(buffers, conflicts, [](std::vector<int64_t> offsets) { return offsets; });
      if (!done())
        search(conflicts);
    } else if (!done()) {
      offer(packBySize(buffers, result.height, bySizeWork));
      if (!done() && countConflicts(buffers) <= listLimit) {
        Conflicts conflicts(buffers);
        search(conflicts);
      }
    }
    result.proven = result.height <= result.lowerBound;
    return std::move(result);
  }

private:
  int64_t goal() const { return std::max(result.lowerBound, options.capacity); }
  bool done() { return (!result.offsets.empty() && result.height <= goal()) || timeIsUp(); }

  bool timeIsUp() {
    if (options.timeLimit > 0 && !result.timedOut) {
      const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - started;
      result.timedOut = spent.count() >= options.timeLimit;
    }
    return result.timedOut;
  }

  void offer(std::vector<int64_t> offsets) {
    if (offsets.size() != buffers.size())
      return;
    const int64_t height = heightOf(buffers, offsets);
    if (!result.offsets.empty() && height >= result.height)
      return;
    result.offsets = std::move(offsets);
    result.height = height;
  }

  bool fixedApart(const Conflicts &conflicts) const {
    for (int32_t i = 0; i < std::ssize(buffers); ++i)
      for (int32_t j : conflicts.of(i)) {
        const Buffer &a = buffers[i], &b = buffers[j];
        if (a.fixed != none && b.fixed != none && a.fixed < b.fixed + b.size &&
            b.fixed < a.fixed + a.size)
          return false;
      }
    return true;
  }

  /// Packs `some` greedily in several orders and offers `spread(offsets)` for each. Returns the
  /// lowest packing.
  template <typename Spread>
  std::vector<int64_t> greedy(std::span<const Buffer> some, const Conflicts &conflicts,
                              Spread spread) {
    std::vector<int64_t> best;
    const bool many = some.size() > ordersLimit;
    for (OrderKind kind : allOrders)
      for (Fit fit : {Fit::Lowest, Fit::Best})
        if (!done() && (!many || (kind == OrderKind::Size && fit == Fit::Best))) {
          std::vector<int64_t> offsets = placeInOrder(some, conflicts, makeOrder(some, kind), fit);
          if (best.empty() || heightOf(some, offsets) < heightOf(some, best))
            best = offsets;
          offer(spread(std::move(offsets)));
        }
    return best;
  }

  /// Searches with stacks first, then without, since a stack can be in the way.
  void search(Conflicts &conflicts) {
    SearchLimits limits = limitsOf(options.effort, buffers.size());
    limits.goal = goal();
    limits.timeIsUp = [this] { return timeIsUp(); };
    if (buffers.size() <= manyBuffers) {
      const Stacks stacks(buffers);
      auto spread = [&](const std::vector<int64_t> &offsets) { return stacks.spread(offsets); };
      if (stacks.buffers.size() < buffers.size()) {
        Conflicts between(stacks.buffers);
        const std::vector<int64_t> start = greedy(stacks.buffers, between, spread);
        if (done())
          return;
        offer(spread(packSearch(stacks.buffers, between, start, limits, result.work)));
        limits.treeWork /= 2;
        limits.ejectWork /= 3;
      }
    }
    if (!done())
      offer(packSearch(buffers, conflicts, result.offsets, limits, result.work));
  }

  std::span<const Buffer> buffers;
  const PackOptions &options;
  std::chrono::steady_clock::time_point started;
  PackResult result;
  bool hasFixed = false;
};

} // namespace

int64_t maxLive(std::span<const Buffer> buffers) {
  std::vector<std::pair<int64_t, int64_t>> edges; // time, change of live bytes
  for (const Buffer &b : buffers)
    if (needsPlace(b)) {
      edges.push_back({b.lower, b.size});
      edges.push_back({b.upper, -b.size});
    }
  std::sort(edges.begin(), edges.end()); // at equal times ends sort before starts
  int64_t live = 0, most = 0;
  for (const auto &[time, change] : edges)
    most = std::max(most, live += change);
  return most;
}

PackResult pack(std::span<const Buffer> buffers, const PackOptions &options) {
  if (buffers.empty())
    return {{}, 0, 0, true, false, 0};
  return Portfolio(buffers, options).run();
}

} // namespace plimsoll::planner
