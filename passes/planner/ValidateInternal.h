//===- ValidateInternal.h - shared by the parts of the validator ------------===//

#pragma once

#include "passes/planner/Validate.h"

#include <map>

namespace plimsoll::planner {

/// An instance: its value (for a resident, the first of its versions) and its number.
using Key = std::pair<ValueId, int32_t>;

/// What the replay recorded of an instance. Positions are those at which work is finished.
struct Instance {
  SpaceId space;
  int32_t made;        ///< position of the event that makes it
  int32_t ready;       ///< position from which its content can be read
  int32_t last;        ///< position of its last use
  int32_t version;     ///< version in its bytes: the number of overwrites before
  bool isKept = false; ///< it must still exist after the last event
};

/// State of a validation.
struct Validation {
  const Problem &problem;
  const Solution &solution;
  std::vector<std::string> errors = {};
  std::vector<ValueId> group = {};     ///< of each value: the first version in its bytes
  std::vector<int64_t> alignment = {}; ///< of each group

  // State of the timeline being validated.
  std::map<Key, Instance> instances = {};
  std::vector<int32_t> finish = {}; ///< of each event: the position where its work is finished

  /// Tests one condition of one rule. If `holds` is false, appends an error whose text is `parts`.
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

/// True if everything that the solution names exists. If not, nothing else can be tested.
bool checkIds(Validation &v);
/// Replays the events of a timeline; fills in `instances` and `finish`.
void replay(Validation &v, const Timeline &timeline, const TimelinePlan &plan);
void checkHomes(Validation &v);
/// Tests the places of a timeline that was replayed. Returns the most bytes of the arena that are
/// live at once.
int64_t checkPlaces(Validation &v, const Timeline &timeline, const TimelinePlan &plan);
/// Tests the totals. `live`: of each timeline, the most bytes live at once.
void checkTotals(Validation &v, const std::vector<int64_t> &live);

} // namespace plimsoll::planner
