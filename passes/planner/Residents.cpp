//===- Residents.cpp - values that live across steps get their place ------------===//
//
// Residents are placed at the bottom of their space, the largest alignment first, so that
// transients above them can be packed separately. If values are pinned, the others are placed
// around them.
//
//===----------------------------------------------------------------------===//

#include "passes/planner/Sequence.h"

#include <algorithm>
#include <numeric>

namespace plimsoll::planner {

namespace {

struct Group {
  std::vector<ValueId> versions; ///< values in the same bytes
  int64_t bytes = 0;
  int64_t alignment = 1;
};

/// Groups residents that overwrites join.
std::vector<Group> groupVersions(const Problem &problem) {
  std::vector<ValueId> parent(problem.values.size());
  std::iota(parent.begin(), parent.end(), 0);
  auto find = [&](ValueId v) {
    while (parent[v] != v)
      v = parent[v] = parent[parent[v]];
    return v;
  };
  for (const Timeline &timeline : problem.timelines)
    for (const Op &op : timeline.ops)
      for (const Overwrite &w : op.overwrites)
        if (w.after != none)
          parent[find(w.after)] = find(w.before);
  std::vector<Group> groups(problem.values.size());
  for (ValueId v = 0; v < std::ssize(problem.values); ++v) {
    if (problem.values[v].lifetime != Lifetime::Resident)
      continue;
    Group &group = groups[find(v)];
    group.versions.push_back(v);
    group.bytes = std::max(group.bytes, problem.values[v].bytes);
    group.alignment = std::max(group.alignment, problem.values[v].alignment);
  }
  std::erase_if(groups, [](const Group &g) { return g.versions.empty(); });
  return groups;
}

using Span = std::pair<int64_t, int64_t>;

/// Returns the lowest offset at which `bytes` overlap nothing of `taken` (sorted).
int64_t firstFit(const std::vector<Span> &taken, int64_t bytes, int64_t alignment) {
  int64_t offset = 0;
  for (const auto &[low, high] : taken) {
    if (low >= offset + bytes)
      break;
    offset = std::max(offset, alignUp(high, alignment));
  }
  return offset;
}

} // namespace

ResidentLayout layoutResidents(const Problem &problem) {
  ResidentLayout layout;
  layout.top.assign(problem.spaces.size(), 0);
  std::vector<std::vector<Span>> taken(problem.spaces.size());
  for (const Value &value : problem.values)
    if (value.pinned && value.bytes > 0) {
      taken[value.space].push_back({*value.pinned, *value.pinned + value.bytes});
      layout.holes = true;
    }
  for (std::vector<Span> &spans : taken)
    std::sort(spans.begin(), spans.end());
  std::vector<Group> groups = groupVersions(problem);
  std::stable_sort(groups.begin(), groups.end(),
                   [](const Group &a, const Group &b) { return a.alignment > b.alignment; });
  for (const Group &group : groups) {
    const Value &first = problem.values[group.versions[0]];
    int64_t offset = first.pinned.value_or(0);
    if (!first.pinned) {
      std::vector<Span> &spans = taken[first.space];
      offset = layout.holes ? firstFit(spans, group.bytes, group.alignment)
                            : alignUp(layout.top[first.space], group.alignment);
      if (layout.holes && group.bytes > 0)
        spans.insert(std::lower_bound(spans.begin(), spans.end(), Span{offset, 0}),
                     {offset, offset + group.bytes});
    }
    layout.top[first.space] = std::max(layout.top[first.space], offset + group.bytes);
    if (first.space == 0)
      layout.residentBytes += group.bytes;
    for (ValueId v : group.versions)
      layout.placements.push_back({v, 0, first.space, offset, 0, INT32_MAX});
  }
  return layout;
}

} // namespace plimsoll::planner
