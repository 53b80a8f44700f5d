//===- Validate.cpp - is a solution one? --------------------------------------===//
//
// Tests that everything named exists (ValidateIds.cpp), replays the events of each timeline
// (ValidateReplay.cpp), tests the places of what was alive (ValidatePlaces.cpp), and finally the
// totals (ValidateTotals.cpp).
//
//===----------------------------------------------------------------------===//

#include "passes/planner/ValidateInternal.h"

#include <algorithm>

namespace plimsoll::planner {

namespace {

/// Gives versions that follow one another in any timeline the same group.
void groupVersions(Validation &v) {
  for (size_t value = 0; value < v.problem.values.size(); ++value)
    v.group.push_back(static_cast<ValueId>(value));
  for (const Timeline &timeline : v.problem.timelines)
    for (const Op &op : timeline.ops)
      for (const Overwrite &w : op.overwrites)
        if (w.after != none)
          std::replace(v.group.begin(), v.group.end(), ValueId(v.group[w.after]),
                       ValueId(v.group[w.before]));
  v.alignment.assign(v.problem.values.size(), 1);
  for (size_t value = 0; value < v.problem.values.size(); ++value)
    v.alignment[v.group[value]] =
        std::max(v.alignment[v.group[value]], v.problem.values[value].alignment);
}

} // namespace

std::vector<std::string> validate(const Problem &problem, const Solution &solution) {
  Validation v{problem, solution};
  groupVersions(v);
  if (!checkIds(v))
    return std::move(v.errors);
  checkHomes(v);
  std::vector<int64_t> live;
  for (size_t t = 0; t < problem.timelines.size(); ++t) {
    replay(v, problem.timelines[t], solution.timelines[t]);
    live.push_back(checkPlaces(v, problem.timelines[t], solution.timelines[t]));
  }
  if (v.errors.empty())
    checkTotals(v, live);
  return std::move(v.errors);
}

} // namespace plimsoll::planner
