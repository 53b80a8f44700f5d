//===- ValidateInternal.h - shared by the parts of the validator ------------===//

#pragma once

#include "passes/planner/Validate.h"

#include <map>

namespace plimsoll::planner {

/// An instance: its value (of a resident, the first of its versions) and its number.
using Key = std::pair<ValueId, int32_t>;

/// What the replay saw of an instance. Positions are those at which work is finished.
struct Instance {
  SpaceId space;
  int32_t made;        ///< position of the event that makes it
  int32_t ready;       ///< its content is there
  int32_t last;        ///< its last use
  int32_t version;     ///< which one its bytes hold: how many overwrites came before
  bool isKept = false; ///< it must be there behind the last event
};

/// State of a validation.
struct Validation {
  const Problem &problem;
  const Solution &solution;
  std::vector<std::string> errors = {};
  std::vector<ValueId> group = {};     ///< of each value: versions in the same bytes have one
  std::vector<int64_t> alignment = {}; ///< of each group

  // Of one timeline.
  std::map<Key, Instance> instances = {};
  std::vector<int32_t> finish = {}; ///< of each event: the position where its work is finished

  /// One condition of one rule; `parts` say what breaks it.
  template <typename... Parts> bool require(Rule rule, bool holds, const Parts &...parts) {
    if (holds)
      return true;
    std::string line = "R";
    append(line, static_cast<int32_t>(rule));
    line += ": ";
    (append(line, parts), ...);
    errors.push_back(std::move(line));
    return false;
  }
  bool resident(ValueId v) const { return problem.values[v].lifetime == Lifetime::Resident; }
  bool isHome(const Key &key) const { return key.second == 0 && resident(key.first); }
  Key keyOf(ValueId value, int32_t instance) const { return {group[value], instance}; }

private:
  static void append(std::string &line, const std::string &part) { line += part; }
  static void append(std::string &line, int64_t number) { line += std::to_string(number); }
  void append(std::string &line, const Key &key) const {
    line += "value '" + problem.values[key.first].name + "' instance " + std::to_string(key.second);
  }
};

/// Does everything that the solution names exist? Else nothing more can be looked at.
bool checkIds(Validation &v);
/// Replays the events of a timeline; fills in `instances` and `finish`.
void replay(Validation &v, const Timeline &timeline, const TimelinePlan &plan);
void checkHomes(Validation &v);
/// Of a timeline that was replayed. Returns the most bytes that are live in the arena at once.
int64_t checkPlaces(Validation &v, const Timeline &timeline, const TimelinePlan &plan);
/// `live`: the most bytes live at once, of each timeline.
void checkTotals(Validation &v, const std::vector<int64_t> &live);

} // namespace plimsoll::planner
