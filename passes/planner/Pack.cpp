//===- Pack.cpp - the portfolio ---------------------------------------------------===//

#include "passes/planner/PackInternal.h"
#include "passes/planner/Random.h"

#include <chrono>

namespace plimsoll::planner {

namespace {

constexpr size_t quadraticLimit = 40000; ///< buffers up to which conflicts are listed
constexpr size_t treeLimit = 4000;       ///< buffers up to which trees are searched

/// Work of the tree search: about a second of one core is 5e7.
int64_t treeWork(Effort effort) {
  return effort == Effort::Fast ? 300'000 : effort == Effort::Normal ? 300'000'000 : 2'000'000'000;
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
      const Conflicts conflicts(buffers);
      if (hasFixed && !fixedApart(conflicts)) {
        result.height = none;
        return std::move(result);
      }
      greedy(conflicts);
      if (buffers.size() <= treeLimit && !hasFixed && !done())
        searchTrees(conflicts);
      if (!done())
        offer(packRepair(buffers, conflicts, result.offsets, goal(), options.effort,
                         [&] { return timeIsUp(); }));
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

  bool offer(std::vector<int64_t> offsets) {
    if (offsets.size() != buffers.size())
      return false;
    const int64_t height = heightOf(buffers, offsets);
    if (!result.offsets.empty() && height >= result.height)
      return false;
    result.offsets = std::move(offsets);
    result.height = height;
    return true;
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

  void greedy(const Conflicts &conflicts) {
    for (OrderKind kind : allOrders)
      for (Fit fit : {Fit::Lowest, Fit::Best})
        if (!done() && (buffers.size() <= 10'000 || kind == OrderKind::Size))
          offer(placeInOrder(buffers, conflicts, makeOrder(buffers, kind), fit));
  }

  /// First the goal itself as the capacity, from many slightly shuffled orders;
  /// then capacities that halve the way from there to the best height known.
  void searchTrees(const Conflicts &conflicts) {
    const int64_t square = std::ssize(buffers) * std::ssize(buffers);
    int64_t work = std::min(treeWork(options.effort), 5'000 * (square + 1));
    if (options.effort == Effort::Fast)
      work = std::min(work, 100 * square);
    const int64_t all = work;
    Random random(3);
    for (int32_t round = 0; work > all / 2 && !done(); ++round)
      tryTree(conflicts, goal(), round, work, random);
    int64_t capacity = goal() + (result.height - goal()) / 2;
    int32_t failures = 0;
    for (int32_t round = 0; work > 0 && !done(); ++round) {
      if (tryTree(conflicts, capacity, round, work, random)) {
        capacity = goal() + (result.height - goal()) / 2;
        failures = 0;
      } else if (++failures % 60 == 0) {
        // Too hard: nearer to what is known; after ten times from half way again.
        capacity = failures >= 600 ? goal() + (result.height - goal()) / 2
                                   : (capacity + result.height) / 2;
        failures = failures >= 600 ? 0 : failures;
      }
    }
    result.work += all - work;
  }

  bool tryTree(const Conflicts &conflicts, int64_t capacity, int32_t round, int64_t &work,
               Random &random) {
    constexpr double shuffles[] = {0, 0.02, 0.1, 0.3, 1};
    const OrderKind kind = allOrders[round % std::size(allOrders)];
    const double amount = shuffles[std::min<int32_t>(4, round / 15 % 5)];
    std::vector<int32_t> order =
        bestOrder.empty() || round % 2 == 0 ? makeOrder(buffers, kind) : bestOrder;
    shuffle(order, round < 10 ? 0 : std::max(0.005, amount), random);
    const Branch branch = round / 5 % 3 == 0 ? Branch::Lowest : Branch::Section;
    const int64_t grant =
        std::min<int64_t>(work, 8 * std::ssize(buffers) * std::ssize(buffers) + 100'000);
    int64_t left = grant;
    std::vector<int64_t> offsets;
    const bool found = packTree(buffers, conflicts, order, std::min(capacity, result.height - 1),
                                branch, left, offsets) &&
                       offer(std::move(offsets));
    work -= grant - left + static_cast<int64_t>(buffers.size());
    if (found)
      bestOrder = order;
    return found;
  }

  /// Moves each buffer by up to `amount` of the whole order.
  static void shuffle(std::vector<int32_t> &order, double amount, Random &random) {
    std::vector<std::pair<double, int32_t>> keys;
    for (size_t i = 0; i < order.size(); ++i)
      keys.push_back({static_cast<double>(i) + amount * random.real() * order.size(), order[i]});
    std::sort(keys.begin(), keys.end());
    for (size_t i = 0; i < order.size(); ++i)
      order[i] = keys[i].second;
  }

  static constexpr OrderKind allOrders[] = {OrderKind::Size, OrderKind::Start, OrderKind::End,
                                            OrderKind::Area, OrderKind::Length};
  std::span<const Buffer> buffers;
  const PackOptions &options;
  std::chrono::steady_clock::time_point started;
  PackResult result;
  bool hasFixed = false;
  std::vector<int32_t> bestOrder; ///< of the best tree search
};

} // namespace

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

PackResult pack(std::span<const Buffer> buffers, const PackOptions &options) {
  if (buffers.empty())
    return {{}, 0, 0, true, false, 0};
  return Portfolio(buffers, options).run();
}

} // namespace plimsoll::planner
