//===- CheckMachine.h - what is wrong with a problem's spaces and resources ----===//

#pragma once

#include "passes/planner/Problem.h"

namespace plimsoll::planner {

/// Appends one line to `errors` for each defect of the spaces and resources of `problem`.
void checkMachine(const Problem &problem, std::vector<std::string> &errors);

} // namespace plimsoll::planner
