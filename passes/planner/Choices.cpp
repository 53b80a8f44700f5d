//===- Choices.cpp - which alternative of an operation runs ---------------------------===//

#include "passes/planner/Choices.h"

#include <algorithm>

namespace plimsoll::planner {

int32_t leastAlternative(const Op &op) {
  const auto least = std::min_element(op.alternatives.begin(), op.alternatives.end(),
                                      [](const Alternative &a, const Alternative &b) {
                                        return a.workspaceBytes < b.workspaceBytes;
                                      });
  return static_cast<int32_t>(least - op.alternatives.begin());
}

bool canRunSmaller(const Problem &problem) {
  for (const Timeline &timeline : problem.timelines)
    for (const Op &op : timeline.ops)
      if (op.resource != 0 || leastAlternative(op) != 0)
        return true;
  return false;
}

std::vector<int32_t> fastestWithin(const RematGraph &graph, const Problem &problem,
                                   const Timeline &timeline, const std::vector<OpId> &sequence,
                                   int64_t budget) {
  Liveness live(graph);
  live.run(sequence);
  std::vector<int32_t> chosen;
  for (size_t p = 0; p < sequence.size(); ++p) {
    const Op &op = timeline.ops[sequence[p]];
    int32_t alternative = 0;
    // A workspace is live at its own position only, so choices at different positions are
    // independent.
    const int64_t room = budget - live.memory[p] + graph.nodes[sequence[p]].workspace;
    if (problem.resources[op.resource].space == 0)
      while (alternative < leastAlternative(op) &&
             op.alternatives[alternative].workspaceBytes > room)
        ++alternative;
    else
      alternative = leastAlternative(op);
    chosen.push_back(alternative);
  }
  return chosen;
}

} // namespace plimsoll::planner
