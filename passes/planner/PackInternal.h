//===- PackInternal.h - parts of the packing portfolio -----------------------------===//

#pragma once

#include "passes/planner/Pack.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace plimsoll::planner {

/// For each buffer those alive at a common time: quadratic in the worst case.
struct Conflicts {
  explicit Conflicts(std::span<const Buffer> buffers);
  std::vector<int32_t> start; ///< of each buffer's list in `list`, and the end
  std::vector<int32_t> list;

  std::span<const int32_t> of(int32_t buffer) const {
    return {list.data() + start[buffer], list.data() + start[buffer + 1]};
  }
};

enum class OrderKind : uint8_t { Size, Start, End, Area, Length };
enum class Fit : uint8_t {
  Lowest, ///< the lowest gap that is large enough
  Best,   ///< the smallest gap that is large enough
};

/// Buffers in the order in which they are to be placed; fixed ones first.
std::vector<int32_t> makeOrder(std::span<const Buffer> buffers, OrderKind kind);

/// Each buffer of `order` into a gap between those before it.
std::vector<int64_t> placeInOrder(std::span<const Buffer> buffers, const Conflicts &conflicts,
                                  const std::vector<int32_t> &order, Fit fit);

enum class Branch : uint8_t { Lowest, Section }; ///< see PackTree.cpp

/// Tree search for a packing of at most `capacity`; among equal offsets `order`
/// decides. `budget` is work, counted down. Fixed buffers are not supported.
bool packTree(std::span<const Buffer> buffers, const Conflicts &conflicts,
              const std::vector<int32_t> &order, int64_t capacity, Branch branch, int64_t &budget,
              std::vector<int64_t> &offsets);

/// Best fit in the order of starts, O(n log n); empty if there are fixed buffers.
std::vector<int64_t> packSweep(std::span<const Buffer> buffers);

/// Large neighbourhood search from `offsets`: buffers that end above what is
/// aimed at are put first, with what is in their way placed anew around them.
std::vector<int64_t> packRepair(std::span<const Buffer> buffers, const Conflicts &conflicts,
                                std::vector<int64_t> offsets, int64_t goal, Effort effort,
                                const std::function<bool()> &timeIsUp);

int64_t heightOf(std::span<const Buffer> buffers, const std::vector<int64_t> &offsets);

} // namespace plimsoll::planner
