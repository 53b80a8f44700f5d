//===- Order.h - an order of low peak ------------------------------------------------------===//

#pragma once

#include "passes/planner/RematGraph.h"

namespace plimsoll::planner {

/// An order that keeps `dependences` with the lowest peak of live bytes found:
/// `given`, list schedules, and local search on the best; never worse than `given`.
std::vector<int32_t> lowPeakOrder(const RematGraph &graph, const Dependences &dependences,
                                  const std::vector<int32_t> &given);

} // namespace plimsoll::planner
