//===- ValidateInternal.h - shared by the parts of the validator ------------===//

#pragma once

#include "passes/planner/Validate.h"

#include <map>

namespace plimsoll::planner {

using Key = std::pair<ValueId, int32_t>; ///< a value and its instance

/// What the replay saw of an instance: positions, and the space it is in.
struct Life {
  int32_t made, ready, last;
  SpaceId space;
};

/// State of one timeline's validation.
struct Validation {
  const Problem &problem;
  const Solution &solution;
  std::vector<std::string> &errors;
  std::vector<ValueId> group = {}; ///< residents in the same bytes have the same one
  std::map<Key, Life> lives = {};  ///< transient instances

  bool require(bool holds, const std::string &line) {
    if (!holds)
      errors.push_back(line);
    return holds;
  }
  bool resident(ValueId v) const { return problem.values[v].lifetime == Lifetime::Resident; }
  std::string text(Key k) const {
    return "value '" + problem.values[k.first].name + "' instance " + std::to_string(k.second);
  }
};

/// Does everything that the solution names exist? Else nothing more can be looked at.
bool checkIds(Validation &v);
void replay(Validation &v, const Timeline &timeline, const std::vector<Event> &events);
void checkPlaces(Validation &v, const Timeline &timeline, const TimelinePlan &plan);

} // namespace plimsoll::planner
