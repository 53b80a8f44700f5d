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

/// Throws nlohmann::json::exception when members are missing or of a wrong type.
Problem problemFromJson(const nlohmann::json &json);
Solution solutionFromJson(const nlohmann::json &json);

} // namespace plimsoll::planner
