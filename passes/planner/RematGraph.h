//===- RematGraph.h - what recomputation needs to know of a timeline -------------===//

#pragma once

#include "passes/planner/Dependences.h"

namespace plimsoll::planner {

/// A timeline without what recomputation cannot change: residents are one sum,
/// values of other spaces are left out. Nodes are operations, with the same ids.
struct RematGraph {
  struct Pair {
    int32_t input;  ///< value
    int32_t output; ///< value
    bool required;
  };
  struct Node {
    std::vector<int32_t> inputs;  ///< values, each once
    std::vector<int32_t> outputs; ///< values
    std::vector<Pair> inPlace;    ///< in the order in which they are tried
    int64_t workspace = 0;
    double cost = 0;
    bool recomputable = true;
    /// Nodes that destroy something this one reads (overwrites, required in-place
    /// pairs): no instance of this node may run behind them.
    std::vector<int32_t> deadlines;
  };

  std::vector<Node> nodes;
  std::vector<int64_t> bytes;       ///< of each value
  std::vector<int32_t> producer;    ///< of each value: a node, or `none`
  std::vector<int32_t> liveAtStart; ///< values
  std::vector<int32_t> liveAtEnd;   ///< values
  int64_t constantBytes = 0;        ///< residents
};

/// Which alternative of every operation a graph is made of.
enum class Alternatives : uint8_t {
  First, ///< the fastest
  Least, ///< the one with the least workspace (see Choices.h)
};

RematGraph makeRematGraph(const Problem &problem, const Timeline &timeline,
                          const Dependences &dependences, int64_t residentBytes,
                          Alternatives alternatives = Alternatives::First);

/// The least bytes with which any sequence can run: the largest operation with
/// all that it touches.
int64_t footprintBound(const RematGraph &graph);

/// No sequence whose first instances run in the order `sequence` and whose live
/// bytes stay within `budget` costs less (proven): at each position the bytes too
/// many must be freed of values that are needed later, each for its node's cost.
double rematCostBound(const RematGraph &graph, const std::vector<int32_t> &sequence,
                      int64_t budget);

} // namespace plimsoll::planner
