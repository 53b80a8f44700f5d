//===- PackSearch.cpp - tree search, then ejection search ---------------------------===//

#include "passes/planner/PackInternal.h"
#include "passes/planner/Random.h"

namespace plimsoll::planner {

namespace {

constexpr size_t treeLimit = 4000; ///< buffers up to which trees are searched

class Search {
public:
  Search(std::span<const Buffer> buffers, Conflicts &conflicts, std::vector<int64_t> start,
         const SearchLimits &limits)
      : buffers(buffers), conflicts(conflicts), limits(limits), best(std::move(start)),
        height(heightOf(buffers, best)) {}

  std::vector<int64_t> run(int64_t &work) {
    const bool fixed = std::any_of(buffers.begin(), buffers.end(),
                                   [](const Buffer &b) { return b.fixed != none; });
    if (buffers.size() <= treeLimit && !fixed && !done())
      work += trees();
    work += ejections();
    return std::move(best);
  }

private:
  bool done() const { return height <= limits.goal || limits.timeIsUp(); }

  bool offer(std::vector<int64_t> offsets) {
    const int64_t reached = heightOf(buffers, offsets);
    if (reached >= height)
      return false;
    best = std::move(offsets);
    height = reached;
    return true;
  }

  int64_t halfWay() const { return limits.goal + (height - limits.goal) / 2; }

  /// Runs tree searches: first with the goal itself as the capacity, from many slightly shuffled
  /// orders; then with capacities halfway between there and the best height known.
  int64_t trees() {
    const int64_t square = std::ssize(buffers) * std::ssize(buffers);
    const int64_t all = std::min(limits.treeWork, limits.treePerPair * (square + 1));
    int64_t work = all;
    Random random(3);
    for (int32_t round = 0; work > all / 2 && !done(); ++round)
      tryTree(limits.goal, round, work, random);
    int64_t capacity = halfWay();
    int32_t failures = 0;
    for (int32_t round = 0; work > 0 && !done(); ++round) {
      if (tryTree(capacity, round, work, random)) {
        capacity = halfWay();
        failures = 0;
      } else if (++failures % 60 == 0) {
        // Too hard: move towards the height known; after ten times start again from half way.
        capacity = failures >= 600 ? halfWay() : (capacity + height) / 2;
        failures = failures >= 600 ? 0 : failures;
      }
    }
    return all - work;
  }

  bool tryTree(int64_t capacity, int32_t round, int64_t &work, Random &random) {
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
    const bool found = packTree(buffers, conflicts, order, std::min(capacity, height - 1), branch,
                                left, offsets) &&
                       offer(std::move(offsets));
    work -= grant - left + static_cast<int64_t>(buffers.size());
    if (found)
      bestOrder = order;
    return found;
  }

  /// Moves each buffer by up to `amount` of the length of the order.
  static void shuffle(std::vector<int32_t> &order, double amount, Random &random) {
    std::vector<std::pair<double, int32_t>> keys;
    for (size_t i = 0; i < order.size(); ++i)
      keys.push_back({static_cast<double>(i) + amount * random.real() * order.size(), order[i]});
    std::sort(keys.begin(), keys.end());
    for (size_t i = 0; i < order.size(); ++i)
      order[i] = keys[i].second;
  }

  /// Runs ejection searches, each round with another seed and another measure of difficulty: some
  /// instances yield to a few of these only.
  int64_t ejections() {
    const int64_t square = std::ssize(buffers) * std::ssize(buffers);
    const int64_t all = std::min(limits.ejectWork, limits.ejectPerPair * (square + 1));
    int64_t work = all;
    const bool large = buffers.size() > manyBuffers;
    constexpr int64_t steps[] = {5, 1, 4, 2, 3};
    constexpr int32_t eighths[] = {4, 2, 3};
    EjectStyle style;
    style.stirs = large ? 0 : 10;
    style.draws = large ? 9 : 1;
    style.patience = large ? all * 3 / 5 : all / 3;
    for (int32_t round = 0; work > 0 && !done(); ++round) {
      style.seed = static_cast<uint64_t>(round) + 1;
      style.steps = large ? 5 : steps[round % std::size(steps)];
      style.eighths = large ? 4 : eighths[round % std::size(eighths)];
      offer(packEject(buffers, conflicts, best, limits.goal, style, work, limits.timeIsUp));
      --work;
    }
    return all - work;
  }

  std::span<const Buffer> buffers;
  Conflicts &conflicts;
  const SearchLimits &limits;
  std::vector<int64_t> best;
  int64_t height;
  std::vector<int32_t> bestOrder; ///< the order of the best tree search
};

} // namespace

std::vector<int64_t> packSearch(std::span<const Buffer> buffers, Conflicts &conflicts,
                                std::vector<int64_t> start, const SearchLimits &limits,
                                int64_t &work) {
  return Search(buffers, conflicts, std::move(start), limits).run(work);
}

} // namespace plimsoll::planner
