//===- PackRepair.cpp - large neighbourhood search on a packing ------------------------===//

#include "passes/planner/PackInternal.h"
#include "passes/planner/Random.h"
#include "passes/planner/Sequence.h"

namespace plimsoll::planner {

namespace {

int64_t repairWork(Effort effort, int64_t buffers) {
  const int64_t square = buffers * buffers;
  if (effort == Effort::Fast)
    return std::min<int64_t>(300'000, 50 * square);
  if (effort == Effort::Normal && buffers > 10'000)
    return 20'000'000;
  return std::min<int64_t>(effort == Effort::Normal ? 150'000'000 : 2'000'000'000,
                           10'000 * (square + 1));
}

class Repair {
public:
  Repair(std::span<const Buffer> buffers, const Conflicts &conflicts, std::vector<int64_t> start)
      : buffers(buffers), conflicts(conflicts), offsets(std::move(start)), best(offsets),
        height(heightOf(buffers, offsets)), random(1) {}

  std::vector<int64_t> run(int64_t goal, int64_t work, const std::function<bool()> &timeIsUp) {
    while (work > 0 && height > goal && !timeIsUp()) {
      cap = height - std::max<int64_t>(1, (height - goal) / 50);
      collectOverflow();
      const int64_t grant = work / 3 + 1;
      spent = 0;
      while (!overflow.empty() && spent < grant && !timeIsUp())
        step();
      work -= spent + 1;
      if (!overflow.empty())
        break;
      best = offsets;
      height = heightOf(buffers, offsets);
    }
    return std::move(best);
  }

private:
  int64_t top(int32_t i) const { return offsets[i] + buffers[i].size; }

  void collectOverflow() {
    overflow.clear();
    for (int32_t i = 0; i < std::ssize(buffers); ++i)
      if (buffers[i].size > 0 && buffers[i].upper > buffers[i].lower && top(i) > cap)
        overflow.push_back(i);
  }

  double excess(const std::vector<int32_t> &ids) const {
    double sum = 0;
    for (int32_t i : ids)
      sum += static_cast<double>(std::max<int64_t>(0, top(i) - cap));
    return sum;
  }

  /// One buffer too high, and some of those in its way, placed anew.
  void step() {
    ++spent;
    const size_t slot = static_cast<size_t>(random.below(std::ssize(overflow)));
    const int32_t high = overflow[slot];
    if (buffers[high].fixed != none) {
      spent = INT64_MAX / 2;
      return;
    }
    std::vector<int32_t> moved = {high};
    const std::span<const int32_t> others = conflicts.of(high);
    const int64_t count = 4 + random.below(40);
    const int64_t level = random.below(cap + 1);
    for (int64_t k = 0; k < 4 * count && std::ssize(moved) < count && !others.empty(); ++k) {
      const int32_t j = others[static_cast<size_t>(random.below(std::ssize(others)))];
      if (buffers[j].fixed == none && top(j) > level &&
          std::find(moved.begin(), moved.end(), j) == moved.end())
        moved.push_back(j);
    }
    std::vector<int64_t> old;
    for (int32_t i : moved)
      old.push_back(offsets[i]);
    const double before = excess(moved);
    placeAnew(moved);
    if (const double after = excess(moved); after > before) {
      for (size_t k = 0; k < moved.size(); ++k)
        offsets[ids[k]] = old[k];
      return;
    }
    std::erase_if(overflow, [&](int32_t i) { return top(i) <= cap; });
    for (int32_t i : moved)
      if (top(i) > cap && std::find(overflow.begin(), overflow.end(), i) == overflow.end())
        overflow.push_back(i);
  }

  /// `moved[0]` first, the others from large to small with some noise.
  void placeAnew(const std::vector<int32_t> &moved) {
    ids = moved;
    std::vector<std::pair<double, int32_t>> keys;
    for (size_t k = 0; k < moved.size(); ++k) {
      offsets[moved[k]] = away;
      const double size = static_cast<double>(buffers[moved[k]].size);
      keys.push_back({k == 0 ? -1e300 : -size * (0.7 + 0.6 * random.real()), moved[k]});
    }
    std::sort(keys.begin(), keys.end());
    for (const auto &[key, i] : keys)
      offsets[i] = lowestGap(i);
  }

  int64_t lowestGap(int32_t i) {
    taken.clear();
    for (int32_t j : conflicts.of(i))
      if (offsets[j] != away)
        taken.push_back({offsets[j], top(j)});
    spent += static_cast<int64_t>(taken.size());
    std::sort(taken.begin(), taken.end());
    int64_t end = 0;
    for (const auto &[low, high] : taken) {
      if (low >= alignUp(end, buffers[i].alignment) + buffers[i].size)
        break;
      end = std::max(end, high);
    }
    return alignUp(end, buffers[i].alignment);
  }

  static constexpr int64_t away = -1;
  std::span<const Buffer> buffers;
  const Conflicts &conflicts;
  std::vector<int64_t> offsets, best;
  int64_t height, cap = 0, spent = 0;
  std::vector<int32_t> overflow, ids;
  std::vector<std::pair<int64_t, int64_t>> taken;
  Random random;
};

} // namespace

std::vector<int64_t> packRepair(std::span<const Buffer> buffers, const Conflicts &conflicts,
                                std::vector<int64_t> offsets, int64_t goal, Effort effort,
                                const std::function<bool()> &timeIsUp) {
  return Repair(buffers, conflicts, std::move(offsets))
      .run(goal, repairWork(effort, std::ssize(buffers)), timeIsUp);
}

} // namespace plimsoll::planner
