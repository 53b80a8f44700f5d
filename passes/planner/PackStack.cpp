//===- PackStack.cpp - buffers that live together lie together ------------------===//

#include "passes/planner/PackInternal.h"

#include <map>

namespace plimsoll::planner {

Stacks::Stacks(std::span<const Buffer> all) {
  std::map<std::tuple<int64_t, int64_t, int64_t>, int32_t> byLife; // lower, upper, alignment
  for (const Buffer &b : all) {
    const bool dead = !needsPlace(b);
    const bool joins = b.fixed == none && !dead && b.size % b.alignment == 0;
    int32_t stack = static_cast<int32_t>(buffers.size());
    if (joins)
      stack = byLife.try_emplace({b.lower, b.upper, b.alignment}, stack).first->second;
    if (stack == std::ssize(buffers)) {
      buffers.push_back(b);
      within.push_back(0);
    } else {
      within.push_back(buffers[stack].size);
      buffers[stack].size += b.size;
    }
    stackOf.push_back(stack);
  }
}

std::vector<int64_t> Stacks::spread(const std::vector<int64_t> &offsets) const {
  std::vector<int64_t> result(stackOf.size());
  for (size_t i = 0; i < stackOf.size(); ++i)
    result[i] = offsets[stackOf[i]] + within[i];
  return result;
}

} // namespace plimsoll::planner
