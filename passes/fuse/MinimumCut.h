//===- MinimumCut.h - the minimum cut of a flow network --------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_FUSE_MINIMUMCUT_H
#define PLIMSOLL_PASSES_FUSE_MINIMUMCUT_H

#include <cstdint>
#include <vector>

namespace plimsoll::fuse {

/// A flow network, and the side of its minimum cut that each node is on.
class MinimumCut {
public:
  /// The capacity of an edge that no cut goes through.
  static constexpr int64_t kUncut = int64_t(1) << 60;

  /// Adds a node and returns its number; numbers are given in order.
  unsigned add() { return nodes++; }
  void connect(unsigned from, unsigned to, int64_t capacity) {
    edges.push_back({from, to, capacity});
  }
  /// Finds the minimum cut; of several the one that is nearest to the sink.
  void solve();
  bool isBehindCut(unsigned node) const { return behind[node]; }

  static constexpr unsigned source = 0, sink = 1;

private:
  struct Edge {
    unsigned from, to;
    int64_t capacity;
  };
  unsigned nodes = 2;
  std::vector<Edge> edges;
  std::vector<bool> behind;
};

} // namespace plimsoll::fuse

#endif // PLIMSOLL_PASSES_FUSE_MINIMUMCUT_H
