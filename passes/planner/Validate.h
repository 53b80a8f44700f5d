//===- Validate.h - is a solution one? ---------------------------------------===//

#pragma once

#include "passes/planner/Solution.h"

namespace plimsoll::planner {

/// What is wrong with `solution` as an answer to `problem` (which
/// `checkProblem` found nothing wrong with), a line each. Shares no code with
/// the solvers and trusts nothing that they report.
std::vector<std::string> validate(const Problem &problem, const Solution &solution);

} // namespace plimsoll::planner
