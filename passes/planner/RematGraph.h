//===- RematGraph.h - what recomputation needs to know of a timeline -------------===//

#pragma once

#include "passes/planner/Dependences.h"

namespace plimsoll::planner {

/// A timeline with what recomputation cannot change taken away: residents are
/// not counted, values that nobody places are left out. Nodes are operations;
/// each has outputs, numbered together.
struct RematGraph {
  struct Node {
    std::vector<int32_t> inputs;  ///< values, each once
    std::vector<int32_t> outputs; ///< values
    /// Of each output: the input whose bytes it takes if that dies here, or `none`.
    std::vector<int32_t> inPlaceOf;
    int64_t workspace = 0;
    double cost = 0;
    bool recomputable = true;
    /// Operations that end the use of something it reads (an overwrite or a required
    /// in-place pair): no instance may run behind them.
    std::vector<int32_t> deadlines;
  };

  std::vector<Node> nodes;
  std::vector<int64_t> bytes;    ///< of each value
  std::vector<int32_t> producer; ///< of each value: a node, or `none` for inputs
  std::vector<char> liveAtEnd;   ///< of each value
  int64_t constantBytes = 0;     ///< alive all the time beside the values
};

/// `valueOf` maps values of the graph back to those of the problem.
RematGraph makeRematGraph(const Problem &problem, const Timeline &timeline,
                          const Dependences &dependences, int64_t residentBytes,
                          std::vector<ValueId> *valueOf = nullptr);

} // namespace plimsoll::planner
