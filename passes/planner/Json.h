//===- Json.h - problems and solutions as JSON ----------------------------------------===//
//
// A target of its own (PlimsollPlannerJson), so that the planner needs nothing
// but the standard library. Names of members are those of Problem.h and Solution.h.
//
//===----------------------------------------------------------------------===//

#pragma once

#include "passes/planner/Solution.h"

#include <nlohmann/json_fwd.hpp>

namespace plimsoll::planner {

nlohmann::json toJson(const Problem &problem);
nlohmann::json toJson(const Solution &solution);

/// The member "version" of a problem and of a solution. Version 1 had streams and no clock.
inline constexpr int formatVersion = 2;

/// Throws nlohmann::json::exception when members are missing or of a wrong type, and
/// std::invalid_argument when the version is another.
Problem problemFromJson(const nlohmann::json &json);
Solution solutionFromJson(const nlohmann::json &json);

} // namespace plimsoll::planner
