//===- PackInternal.h - parts of the packing portfolio
//-----------------------------===//

#pragma once

#include "passes/planner/Pack.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace plimsoll::planner {

/// False for what needs no place: nothing is in it, or at no time.
inline bool needsPlace(const Buffer &b) {
  return b.size > 0 && b.upper > b.lower;
}

/// For each buffer those alive at a common time: quadratic in the worst case.
struct Conflicts {
  explicit Conflicts(std::span<const Buffer> buffers);
  std::vector<int64_t> start; ///< of each buffer's list in `list`, and the end
  std::vector<int32_t> list;

  std::span<const int32_t> of(int32_t buffer) const {
    return {list.data() + start[buffer], list.data() + start[buffer + 1]};
  }
};

/// Entries in the lists of `Conflicts`, without listing them.
int64_t countConflicts(std::span<const Buffer> buffers);

enum class OrderKind : uint8_t { Size, Start, End, Area, Length };
enum class Fit : uint8_t {
  Lowest, ///< the lowest gap that is large enough
  Best,   ///< the smallest gap that is large enough
};

inline constexpr OrderKind allOrders[] = {OrderKind::Size, OrderKind::Start, OrderKind::End,
                                          OrderKind::Area, OrderKind::Length};
inline constexpr size_t manyBuffers = 10'000; ///< from here on a placement of all is dear

/// Buffers in the order in which they are to be placed; fixed ones first.
std::vector<int32_t> makeOrder(std::span<const Buffer> buffers, OrderKind kind);

/// Where `size` bytes go between `taken`, [from, to) in ascending order: into a
/// gap, or above all of them.
int64_t gapFor(std::span<const std::pair<int64_t, int64_t>> taken, int64_t size, int64_t alignment,
               Fit fit);

/// Each buffer of `order` into a gap between those before it.
std::vector<int64_t> placeInOrder(std::span<const Buffer> buffers, const Conflicts &conflicts,
                                  const std::vector<int32_t> &order, Fit fit);

enum class Branch : uint8_t { Lowest, Section }; ///< see PackTree.cpp

/// Tree search for a packing of at most `capacity`; among equal offsets `order`
/// decides. `budget` is work, counted down. Fixed buffers are not supported.
bool packTree(std::span<const Buffer> buffers, const Conflicts &conflicts,
              const std::vector<int32_t> &order, int64_t capacity, Branch branch, int64_t &budget,
              std::vector<int64_t> &offsets);

/// Best fit in the order of starts, O(n log n); empty if there are fixed
/// buffers.
std::vector<int64_t> packSweep(std::span<const Buffer> buffers);

/// Best fit in the order of sizes, as by `placeInOrder`; empty if that is not
/// lower than `below`, or takes more than `work` ranges of bytes to be looked at.
/// Fixed buffers are not supported.
std::vector<int64_t> packBySize(std::span<const Buffer> buffers, int64_t below, int64_t work);

struct EjectStyle {
  uint64_t seed = 1;
  int64_t steps = 5;    ///< aims lower by 1/steps of what is above the goal
  int32_t stirs = 10;   ///< buffers moved at random after each ejection
  int32_t draws = 1;    ///< next comes the hardest to place of so many drawn at random
  int32_t eighths = 4;  ///< difficulty at first: (bytes x time) ^ (eighths / 8)
  int64_t patience = 0; ///< work for one height aimed at
};

/// Ejection search from `offsets`, lower and lower until `goal`, `work`
/// (counted down) or the patience for one height is at its end; see
/// PackEject.cpp. The lists of `conflicts` come back in another order.
std::vector<int64_t> packEject(std::span<const Buffer> buffers, Conflicts &conflicts,
                               std::vector<int64_t> offsets, int64_t goal, const EjectStyle &style,
                               int64_t &work, const std::function<bool()> &timeIsUp);

/// Buffers of one life as one buffer: far fewer ways to search, of which the
/// best is seldom higher than without.
struct Stacks {
  explicit Stacks(std::span<const Buffer> buffers);
  std::vector<Buffer> buffers;
  std::vector<int32_t> stackOf; ///< of each buffer given
  std::vector<int64_t> within;  ///< its offset in its stack

  std::vector<int64_t> spread(const std::vector<int64_t> &offsets) const;
};

struct SearchLimits {
  int64_t goal = 0;
  int64_t treeWork = 0, treePerPair = 0;   ///< in all, and for each two buffers
  int64_t ejectWork = 0, ejectPerPair = 0; ///< likewise
  std::function<bool()> timeIsUp;
};

/// Tree search, then ejection search, from the packing `start`; adds to `work`.
std::vector<int64_t> packSearch(std::span<const Buffer> buffers, Conflicts &conflicts,
                                std::vector<int64_t> start, const SearchLimits &limits,
                                int64_t &work);

int64_t heightOf(std::span<const Buffer> buffers, const std::vector<int64_t> &offsets);

} // namespace plimsoll::planner
