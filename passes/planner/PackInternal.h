//===- PackInternal.h - parts of the packing portfolio ----------------------===//

#pragma once

#include "passes/planner/Pack.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace plimsoll::planner {

/// False if the buffer is empty or never alive, so that any offset will do.
inline bool needsPlace(const Buffer &b) {
  return b.size > 0 && b.upper > b.lower;
}

/// Lists for each buffer those that are alive at a common time. Quadratic in the worst case.
struct Conflicts {
  explicit Conflicts(std::span<const Buffer> buffers);
  std::vector<int64_t> start; ///< of each buffer: begin of its part of `list`; then the end
  std::vector<int32_t> list;

  std::span<const int32_t> of(int32_t buffer) const {
    return {list.data() + start[buffer], list.data() + start[buffer + 1]};
  }
};

/// Returns the number of entries that `Conflicts` would list, without listing them.
int64_t countConflicts(std::span<const Buffer> buffers);

enum class OrderKind : uint8_t { Size, Start, End, Area, Length };
enum class Fit : uint8_t {
  Lowest, ///< the lowest gap that is large enough
  Best,   ///< the smallest gap that is large enough
};

inline constexpr OrderKind allOrders[] = {OrderKind::Size, OrderKind::Start, OrderKind::End,
                                          OrderKind::Area, OrderKind::Length};
inline constexpr size_t manyBuffers = 10'000; ///< from here on, placing all is expensive

/// Returns the indices of the buffers in the order in which they are to be placed, fixed ones
/// first.
std::vector<int32_t> makeOrder(std::span<const Buffer> buffers, OrderKind kind);

/// Returns the offset for `size` bytes beside the ranges `taken` ([from, to), ascending): in a gap
/// chosen by `fit`, or above all ranges if no gap is large enough.
int64_t gapFor(std::span<const std::pair<int64_t, int64_t>> taken, int64_t size, int64_t alignment,
               Fit fit);

/// Places the buffers in the sequence `order`, each into a gap chosen by `fit`. Returns their
/// offsets.
std::vector<int64_t> placeInOrder(std::span<const Buffer> buffers, const Conflicts &conflicts,
                                  const std::vector<int32_t> &order, Fit fit);

enum class Branch : uint8_t { Lowest, Section }; ///< see PackTree.cpp

/// Searches a tree for a packing of at most `capacity` bytes. Returns true and sets `offsets` if it
/// finds one. `order` breaks ties between equal offsets; the work done is subtracted from `budget`.
/// Fixed buffers are not supported.
bool packTree(std::span<const Buffer> buffers, const Conflicts &conflicts,
              const std::vector<int32_t> &order, int64_t capacity, Branch branch, int64_t &budget,
              std::vector<int64_t> &offsets);

/// Packs by best fit in the order of starts, O(n log n). Returns an empty vector if there are fixed
/// buffers.
std::vector<int64_t> packSweep(std::span<const Buffer> buffers);

/// Packs by best fit in the order of sizes, with the result of `placeInOrder`. Returns an empty
/// vector if that is not lower than `below`, or if more than `work` ranges of bytes would have to
/// be examined. Fixed buffers are not supported.
std::vector<int64_t> packBySize(std::span<const Buffer> buffers, int64_t below, int64_t work);

struct EjectStyle {
  uint64_t seed = 1;
  int64_t steps = 5;    ///< each aim lowers the excess above the goal by 1/steps
  int32_t stirs = 10;   ///< buffers moved at random after each ejection
  int32_t draws = 1;    ///< so many buffers are drawn at random; the hardest to place is next
  int32_t eighths = 4;  ///< initial difficulty: (bytes x time) ^ (eighths / 8)
  int64_t patience = 0; ///< work allowed for each height
};

/// Improves the packing `offsets` by ejection search (see PackEject.cpp), aiming lower each time,
/// until `goal` is reached or `work` (counted down) or the patience for one height is used up.
/// Reorders the lists of `conflicts`.
std::vector<int64_t> packEject(std::span<const Buffer> buffers, Conflicts &conflicts,
                               std::vector<int64_t> offsets, int64_t goal, const EjectStyle &style,
                               int64_t &work, const std::function<bool()> &timeIsUp);

/// Joins buffers with the same life into one. The search space is far smaller and its best packing
/// seldom higher.
struct Stacks {
  explicit Stacks(std::span<const Buffer> buffers);
  std::vector<Buffer> buffers;
  std::vector<int32_t> stackOf; ///< of each original buffer: index into `buffers`
  std::vector<int64_t> within;  ///< of each original buffer: its offset in its stack

  std::vector<int64_t> spread(const std::vector<int64_t> &offsets) const;
};

struct SearchLimits {
  int64_t goal = 0;
  int64_t treeWork = 0, treePerPair = 0;   ///< in all, and for each pair of buffers
  int64_t ejectWork = 0, ejectPerPair = 0; ///< in all, and for each pair of buffers
  std::function<bool()> timeIsUp;
};

/// Improves the packing `start` by tree search, then by ejection search. Adds the work done to
/// `work`.
std::vector<int64_t> packSearch(std::span<const Buffer> buffers, Conflicts &conflicts,
                                std::vector<int64_t> start, const SearchLimits &limits,
                                int64_t &work);

int64_t heightOf(std::span<const Buffer> buffers, const std::vector<int64_t> &offsets);

} // namespace plimsoll::planner
