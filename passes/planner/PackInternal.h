//===- PackInternal.h - parts of the packing portfolio -----------------------------===//

#pragma once

#include "passes/planner/Pack.h"

#include <algorithm>
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

int64_t heightOf(std::span<const Buffer> buffers, const std::vector<int64_t> &offsets);

} // namespace plimsoll::planner
