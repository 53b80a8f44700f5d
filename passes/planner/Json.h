//===- Json.h - problems and solutions as JSON ----------------------------------------===//
//
// A separate library (PlimsollPlannerJson), so that the planner itself depends on the standard
// library alone. JSON members have the names of the fields in Problem.h and Solution.h.
//
//===----------------------------------------------------------------------===//

#pragma once

#include "passes/planner/Solution.h"

#include <nlohmann/json_fwd.hpp>

namespace plimsoll::planner {

nlohmann::json toJson(const Problem &problem);
nlohmann::json toJson(const Solution &solution);

/// Written as the member "version" of a problem and of a solution. Version 1 had streams and no
/// clock.
inline constexpr int formatVersion = 2;

/// Reads a problem. Throws nlohmann::json::exception if a member is missing or has a wrong type,
/// and std::invalid_argument if the version is not `formatVersion`. So does `solutionFromJson`.
Problem problemFromJson(const nlohmann::json &json);
Solution solutionFromJson(const nlohmann::json &json);

} // namespace plimsoll::planner
