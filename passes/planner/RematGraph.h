//===- RematGraph.h - what recomputation needs to know of a timeline -------------===//

#pragma once

#include "passes/planner/Dependences.h"

namespace plimsoll::planner {

/// A timeline reduced to what recomputation can change: all residents are one sum of bytes, and
/// values in spaces other than the arena are left out. Nodes are operations and have the same ids.
struct RematGraph {
  struct Pair {
    int32_t input;  ///< value
    int32_t output; ///< value
    bool required;
  };
  struct Node {
    std::vector<int32_t> inputs;  ///< values, each once
    std::vector<int32_t> outputs; ///< values
    std::vector<Pair> inPlace;    ///< in the order in which the planner tries them
    int64_t workspace = 0;
    double cost = 0;
    bool recomputable = true;
    /// Nodes that destroy something this node reads (by overwrites or required in-place pairs): no
    /// instance of this node may run after them.
    std::vector<int32_t> deadlines;
  };

  std::vector<Node> nodes;
  std::vector<int64_t> bytes;       ///< of each value
  std::vector<int32_t> producer;    ///< of each value: a node, or `none`
  std::vector<int32_t> liveAtStart; ///< values
  std::vector<int32_t> liveAtEnd;   ///< values
  int64_t constantBytes = 0;        ///< bytes of all residents
};

/// The alternative that a graph takes for every operation.
enum class Alternatives : uint8_t {
  First, ///< the fastest
  Least, ///< the one with the least workspace (see Choices.h)
};

RematGraph makeRematGraph(const Problem &problem, const Timeline &timeline,
                          const Dependences &dependences, int64_t residentBytes,
                          Alternatives alternatives = Alternatives::First);

/// Returns the least bytes with which any sequence can run: those of the largest operation with all
/// that it touches.
int64_t footprintBound(const RematGraph &graph);

/// Returns a lower bound on cost (proven) for sequences whose first instances run in the order
/// `sequence` and whose live bytes stay within `budget`: at each position, the bytes in excess must
/// be freed from values that are needed later, each at the cost of its node.
double rematCostBound(const RematGraph &graph, const std::vector<int32_t> &sequence,
                      int64_t budget);

} // namespace plimsoll::planner
