//===- Order.h - an order of low peak ------------------------------------------------------===//

#pragma once

#include "passes/planner/RematGraph.h"

namespace plimsoll::planner {

/// Returns an order that keeps `dependences` and has the lowest peak of live bytes found among
/// `given`, list schedules, and a local search from the best of them. Its peak is never above that
/// of `given`.
std::vector<int32_t> lowPeakOrder(const RematGraph &graph, const Dependences &dependences,
                                  const std::vector<int32_t> &given);

} // namespace plimsoll::planner
