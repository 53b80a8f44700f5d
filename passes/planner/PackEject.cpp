//===- PackEject.cpp - ejection search below a height ----------------------------===//
//
// After Nagata and Braysy, "A powerful route minimization heuristic for the vehicle routing problem
// with time windows" (Operations Research Letters 37, 2009): all buffers but a few lie apart below
// the height aimed at. One of those left out goes into a gap, or, if none is large enough, to the
// place where the buffers it pushes out are the least difficult. A buffer's difficulty grows each
// time it finds no gap. After that some of its neighbours are moved to other gaps.
//
//===----------------------------------------------------------------------===//

#include "passes/planner/PackInternal.h"
#include "passes/planner/Random.h"
#include "passes/planner/Sequence.h"

#include <cmath>
#include <limits>

namespace plimsoll::planner {

namespace {

/// Returns x to the power of n/8 by exactly rounded operations, so that every machine gets the
/// same.
double eighths(double x, int32_t n) {
  const double root = std::sqrt(std::sqrt(std::sqrt(x)));
  double power = 1;
  for (int32_t i = 0; i < n; ++i)
    power *= root;
  return power;
}

class Ejection {
public:
  Ejection(std::span<const Buffer> buffers, Conflicts &conflicts, std::vector<int64_t> offsets,
           const EjectStyle &style)
      : buffers(buffers), conflicts(conflicts), best(std::move(offsets)),
        height(heightOf(buffers, best)), style(style), random(style.seed) {
    for (const Buffer &b : buffers) {
      unit = std::gcd(unit, b.size);
      unit = b.alignment > 1 ? std::gcd(unit, b.alignment) : unit;
      unit = b.fixed != none ? std::gcd(unit, b.fixed) : unit;
      const double area = double(b.size) * double(std::max<int64_t>(1, b.upper - b.lower));
      difficulty.push_back(eighths(area, style.eighths));
    }
    const double all = std::accumulate(difficulty.begin(), difficulty.end(), 0.0);
    for (size_t i = 0; i < buffers.size(); ++i)
      if (buffers[i].fixed != none)
        difficulty[i] = 1000 * all;
    for (size_t i = 0; i < buffers.size(); ++i)
      slots.push_back({best[i], best[i] + buffers[i].size, difficulty[i]});
  }

  std::vector<int64_t> run(int64_t goal, int64_t &work, const std::function<bool()> &timeIsUp) {
    while (height > goal && work > 0 && !timeIsUp()) {
      left = std::min(work, style.patience);
      const int64_t granted = left;
      aim(goal);
      for (int32_t k = 1; !outside.empty() && left > 0; ++k) {
        step();
        if (k % 16 == 0 && timeIsUp())
          break;
      }
      work -= granted - left;
      if (!outside.empty())
        break;
      for (size_t i = 0; i < buffers.size(); ++i)
        best[i] = slots[i].low;
      height = heightOf(buffers, best);
    }
    return std::move(best);
  }

private:
  struct Slot {
    int64_t low, high; ///< its bytes; `high` is `away` if it is outside
    double weight;     ///< difficulty of pushing it out
  };

  /// Lowers the height aimed at and takes out every buffer that ends above it.
  void aim(int64_t goal) {
    cap = std::max(goal, (height - std::max(unit, (height - goal) / style.steps)) / unit * unit);
    outside.clear();
    for (int32_t i = 0; i < std::ssize(buffers); ++i)
      if (needsPlace(buffers[i]) && slots[i].high > cap)
        pushOut(i);
  }

  void pushOut(int32_t i) {
    if (buffers[i].fixed != none) {
      left = 0; // no packing is lower
      outside.push_back(i);
      return;
    }
    slots[i].high = away;
    outside.push_back(i);
  }

  void place(int32_t i, int64_t offset) {
    slots[i].low = offset;
    slots[i].high = offset + buffers[i].size;
  }

  void step() {
    size_t k = 0;
    for (int32_t draw = 0; draw < style.draws; ++draw) {
      const size_t other = static_cast<size_t>(random.below(std::ssize(outside)));
      if (draw == 0 || difficulty[outside[other]] > difficulty[outside[k]])
        k = other;
    }
    const int32_t i = outside[k];
    outside[k] = outside.back();
    outside.pop_back();
    lookAround(i);
    if (const int64_t offset = smallestGap(i); offset != none) {
      place(i, offset);
      return;
    }
    slots[i].weight += difficulty[i];
    pushIn(i);
    for (int32_t n = 0; n < style.stirs; ++n)
      stir(i);
  }

  /// Collects the neighbours of `i` that are placed, by offset. Their list keeps the order found,
  /// which changes little from one call to the next.
  void lookAround(int32_t i) {
    int32_t *list = conflicts.list.data() + conflicts.start[i];
    const int32_t count = static_cast<int32_t>(conflicts.of(i).size());
    left -= count + 10;
    int64_t patience = 16 * int64_t{count};
    for (int32_t a = 1; a < count && patience > 0; ++a) {
      const int32_t j = list[a];
      int32_t b = a;
      for (; b > 0 && slots[list[b - 1]].low > slots[j].low; --b)
        list[b] = list[b - 1];
      list[b] = j;
      patience -= a - b;
    }
    if (patience <= 0)
      std::sort(list, list + count,
                [&](int32_t a, int32_t b) { return slots[a].low < slots[b].low; });
    taken.clear();
    for (int32_t a = 0; a < count; ++a)
      if (slots[list[a]].high != away)
        taken.push_back(slots[list[a]]);
  }

  template <typename See> void eachGap(See see) const {
    int64_t end = 0;
    for (const Slot &slot : taken) {
      if (slot.low > end)
        see(end, slot.low);
      end = std::max(end, slot.high);
    }
    if (cap > end)
      see(end, cap);
  }

  int64_t smallestGap(int32_t i) const {
    const Buffer &b = buffers[i];
    int64_t place = none, size = 0;
    eachGap([&](int64_t low, int64_t high) {
      const int64_t offset = alignUp(low, b.alignment);
      if (offset + b.size <= high && (place == none || high - low < size)) {
        place = offset;
        size = high - low;
      }
    });
    return place;
  }

  /// Moves a neighbour of `i`, or any buffer, to an end of any gap.
  void stir(int32_t i) {
    const std::span<const int32_t> others = conflicts.of(i);
    const int64_t which = random.below(3 * std::ssize(buffers));
    const int32_t j = which < std::ssize(buffers) || others.empty()
                          ? static_cast<int32_t>(which % std::ssize(buffers))
                          : others[static_cast<size_t>(which % std::ssize(others))];
    const Buffer &b = buffers[j];
    if (slots[j].high == away || b.fixed != none || conflicts.of(j).empty())
      return;
    lookAround(j);
    int64_t offset = none, gaps = 0;
    eachGap([&](int64_t low, int64_t high) {
      if (alignUp(low, b.alignment) + b.size <= high && random.below(++gaps) == 0)
        offset = random.below(2) ? alignUp(low, b.alignment)
                                 : (high - b.size) / b.alignment * b.alignment;
    });
    if (offset != none)
      place(j, offset);
  }

  /// Places `i` where the buffers it pushes out have the least total weight. The sum changes only
  /// at the ends of other buffers: one pass over both kinds of ends, each sorted.
  void pushIn(int32_t i) {
    const Buffer &b = buffers[i];
    left -= 5 * std::ssize(taken);
    ends.clear();
    for (const Slot &slot : taken)
      ends.push_back({slot.high, slot.weight});
    std::sort(ends.begin(), ends.end());
    double least = std::numeric_limits<double>::max(), below = 0, passed = 0;
    int64_t place = 0, equals = 0;
    size_t lows = 0, highs = 0;
    auto weigh = [&](int64_t offset) {
      for (; lows < taken.size() && taken[lows].low < offset + b.size; ++lows)
        below += taken[lows].weight;
      for (; highs < ends.size() && ends[highs].first <= offset; ++highs)
        passed += ends[highs].second;
      const double weight = below - passed;
      if (weight < least * (1 - 1e-9))
        equals = 0;
      if (weight < least * (1 + 1e-9) && random.below(++equals) == 0) {
        place = offset;
        least = weight;
      }
    };
    weigh(0);
    size_t under = 0, over = 0; // next candidate offset: below a `low` end, above a `high` end
    const int64_t last = (cap - b.size) / b.alignment * b.alignment;
    for (int64_t at = 0; at < last;) {
      int64_t next = last;
      for (; under < taken.size(); ++under)
        if (const int64_t p = (taken[under].low - b.size) / b.alignment * b.alignment; p > at) {
          next = std::min(next, p);
          break;
        }
      for (; over < ends.size(); ++over)
        if (const int64_t p = alignUp(ends[over].first, b.alignment); p > at) {
          next = std::min(next, p);
          break;
        }
      weigh(at = next);
    }
    for (int32_t j : conflicts.of(i))
      if (slots[j].high != away && slots[j].low < place + b.size && slots[j].high > place)
        pushOut(j);
    this->place(i, place);
  }

  static constexpr int64_t away = -1;
  std::span<const Buffer> buffers;
  Conflicts &conflicts; ///< each list in the order in which it was last used
  std::vector<Slot> slots;
  std::vector<int64_t> best;
  int64_t height, cap = 0, left = 0;
  int64_t unit = 0; ///< divides every height that can occur
  const EjectStyle &style;
  Random random;
  std::vector<double> difficulty; ///< initial values
  std::vector<int32_t> outside;
  std::vector<Slot> taken;
  std::vector<std::pair<int64_t, double>> ends;
};

} // namespace

std::vector<int64_t> packEject(std::span<const Buffer> buffers, Conflicts &conflicts,
                               std::vector<int64_t> offsets, int64_t goal, const EjectStyle &style,
                               int64_t &work, const std::function<bool()> &timeIsUp) {
  return Ejection(buffers, conflicts, std::move(offsets), style).run(goal, work, timeIsUp);
}

} // namespace plimsoll::planner
