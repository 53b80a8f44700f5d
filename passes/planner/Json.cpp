//===- Json.cpp - problems and solutions as JSON -----------------------------------------===//

#include "passes/planner/Json.h"

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace plimsoll::planner {

using nlohmann::json;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Space, name, capacity)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Route, from, to, bytesPerSecond)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Resource, name, space, routes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Alternative, workspaceBytes, workspaceAlignment, seconds)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(InPlacePair, input, output, required)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Overwrite, before, after)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Op, name, reads, writes, alternatives, inPlace, overwrites,
                                   after, recomputable, asSoonAsPossible, resource)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Timeline, name, weight, ops, liveAtStart, liveAtEnd)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Placement, value, instance, space, offset, from, to)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(WorkspacePlacement, position, offset, bytes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(FrontierPoint, arenaBytes, cost, costs, recomputed)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PolicyPoint, name, arenaBytes, cost, costs)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Statistics, cost, baseCost, residentBytes, orderBound, planBound,
                                   costBound, work, frontier, policies)

NLOHMANN_JSON_SERIALIZE_ENUM(Lifetime,
                             {{Lifetime::Transient, "transient"}, {Lifetime::Resident, "resident"}})
NLOHMANN_JSON_SERIALIZE_ENUM(EventKind, {{EventKind::Run, "run"},
                                         {EventKind::Load, "load"},
                                         {EventKind::Store, "store"},
                                         {EventKind::Wait, "wait"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Event, kind, op, alternative, value, space, waitsFor, instance,
                                   resource, reads, begin, end)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TimelinePlan, events, placements, workspaces, arenaBytes,
                                   maxLive, peakPosition, cost, baseCost, recomputed)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Solution, timelines, residents, spaceBytes, arenaBytes,
                                   statistics)

void to_json(json &j, const Value &value) {
  j = {{"name", value.name},
       {"bytes", value.bytes},
       {"alignment", value.alignment},
       {"lifetime", value.lifetime},
       {"space", value.space}};
  if (value.pinned)
    j["pinned"] = *value.pinned;
}

void from_json(const json &j, Value &value) {
  value.name = j.value("name", "");
  value.bytes = j.at("bytes");
  value.alignment = j.value("alignment", int64_t{64});
  value.lifetime = j.value("lifetime", Lifetime::Transient);
  value.space = j.value("space", 0);
  if (j.contains("pinned"))
    value.pinned = j.at("pinned").get<int64_t>();
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Problem, name, spaces, resources, values, timelines)

/// Returns `data` with the version of the format added.
static json withVersion(json data) {
  data["version"] = formatVersion;
  return data;
}

static void checkVersion(const json &data, const std::string &what) {
  const bool isNamed = data.is_object() && data.contains("version");
  if (isNamed && data.at("version") == formatVersion)
    return;
  throw std::invalid_argument(
      what + (isNamed ? " is of version " + data.at("version").dump() : " names no version") +
      " of the format; this planner reads version " + std::to_string(formatVersion));
}

json toJson(const Problem &problem) {
  return withVersion(problem);
}
json toJson(const Solution &solution) {
  return withVersion(solution);
}
Problem problemFromJson(const json &j) {
  checkVersion(j, "the problem");
  return j.get<Problem>();
}
Solution solutionFromJson(const json &j) {
  checkVersion(j, "the solution");
  return j.get<Solution>();
}

} // namespace plimsoll::planner
