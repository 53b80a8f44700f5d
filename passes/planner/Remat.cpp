//===- Remat.cpp - ruin and recreate over recomputations -----------------------------------===//

#include "passes/planner/Remat.h"

#include "passes/planner/RematMoves.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace plimsoll::planner {

namespace {

class Search {
public:
  Search(const RematGraph &graph, const std::vector<int32_t> &base, const RematOptions &options)
      : graph(graph), base(base), options(options), random(options.seed),
        moves(graph, options.budget, random), started(std::chrono::steady_clock::now()) {}

  RematResult run() {
    moves.load(base);
    baseCost = moves.liveness().cost;
    result.sequence = base;
    result.cost = baseCost;
    result.peak = moves.liveness().peak;
    if (result.peak <= options.budget)
      result.feasible = true;
    else if (footprintBound(graph) <= options.budget)
      findFirst();
    if (result.feasible)
      improve();
    result.work = moves.work;
    return std::move(result);
  }

private:
  bool stop() {
    if (moves.work > options.work)
      return true;
    if (options.timeLimit <= 0)
      return false;
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - started;
    return spent.count() > options.timeLimit;
  }

  void tidy() {
    moves.dropUnread();
    moves.prune([this] { return stop(); });
    moves.dropUnread();
  }

  void findFirst() {
    int32_t coneLimit = 24;
    for (int32_t attempt = 0; attempt < 12 && !result.feasible && !stop(); ++attempt) {
      moves.load(base);
      if (attempt > 3)
        coneLimit = std::min(200, coneLimit * 2);
      const double noise = std::min(3.0, 0.3 * attempt);
      if (moves.fit(1e300, noise, coneLimit, [this] { return stop(); })) {
        tidy();
        keep();
      } else if (moves.liveness().peak < result.peak) {
        result.sequence = moves.sequence();
        result.cost = moves.liveness().cost;
        result.peak = moves.liveness().peak;
      }
    }
  }

  void keep() {
    result.feasible = true;
    result.sequence = moves.sequence();
    result.cost = moves.liveness().cost;
    result.peak = moves.liveness().peak;
    foundAt = moves.work;
  }

  void improve() {
    std::vector<int32_t> current = result.sequence;
    double currentCost = result.cost;
    const int64_t begun = moves.work;
    while (!stop() && !(options.stallWork > 0 && moves.work - foundAt > options.stallWork)) {
      moves.load(current);
      if (!ruin())
        return;
      const double done = static_cast<double>(moves.work - begun) /
                          static_cast<double>(std::max<int64_t>(1, options.work - begun));
      const double heat = 3e-4 * baseCost * std::max(0.0, 1 - done);
      const double limit = result.cost + 3 * heat + 0.02 * baseCost * random.real();
      const double noise = 0.2 + 2.5 * random.real() * random.real();
      if (!moves.fit(limit, noise, 24, [this] { return stop(); }))
        continue;
      tidy();
      const double cost = moves.liveness().cost;
      if (moves.liveness().peak > options.budget)
        continue;
      if (cost <= currentCost ||
          random.real() < std::exp(-(cost - currentCost) / std::max(1e-12, heat))) {
        current = moves.sequence();
        currentCost = cost;
      }
      if (cost < result.cost - 1e-12 * baseCost)
        keep();
    }
  }

  /// Removes a random group of copies, adjacent or scattered ones.
  bool ruin() {
    const std::vector<int32_t> copies = moves.copies();
    const int64_t count = std::ssize(copies);
    if (count == 0)
      return false;
    const int64_t most = static_cast<int64_t>(2 + static_cast<double>(count) * 0.3 * random.real());
    const int64_t size = 1 + random.below(std::max<int64_t>(1, std::min(count, most)));
    std::vector<char> removed(moves.sequence().size(), 0);
    const bool neighbours = random.below(2) == 0;
    const int64_t first = random.below(count);
    for (int64_t k = 0; k < size; ++k)
      removed[copies[neighbours ? (first + k) % count : random.below(count)]] = 1;
    moves.remove(removed);
    moves.dropUnread();
    return true;
  }

  const RematGraph &graph;
  const std::vector<int32_t> &base;
  const RematOptions &options;
  Random random;
  RematMoves moves;
  std::chrono::steady_clock::time_point started;
  RematResult result;
  double baseCost = 0;
  int64_t foundAt = 0;
};

} // namespace

RematResult rematerialise(const RematGraph &graph, const std::vector<int32_t> &base,
                          const RematOptions &options) {
  return Search(graph, base, options).run();
}

int64_t rematWork(Effort effort, size_t nodes) {
  const int64_t count = static_cast<int64_t>(nodes);
  const int64_t normal = count <= 400 ? 60'000'000 : 300'000'000 + count / 1500 * 90'000'000;
  return effort == Effort::Fast ? normal / 20 : effort == Effort::Normal ? normal : normal * 10;
}

} // namespace plimsoll::planner
