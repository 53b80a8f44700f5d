//===- RematMoves.h - the moves of recomputation ----------------------------------------===//

#pragma once

#include "passes/planner/Liveness.h"
#include "passes/planner/Random.h"

#include <functional>

namespace plimsoll::planner {

/// Changes one sequence, with its live bytes at hand.
class RematMoves {
public:
  RematMoves(const RematGraph &graph, int64_t budget, Random &random)
      : graph(graph), budget(budget), live(graph), random(random), stamp(graph.nodes.size(), 0),
        lastUse(graph.bytes.size(), 0) {}

  void load(std::vector<int32_t> sequence);
  /// Cuts lives until the peak is within the budget. False when no cut helps,
  /// the cost reaches `costLimit`, or `stop()` says so.
  bool fit(double costLimit, double noise, int32_t coneLimit, const std::function<bool()> &stop);
  /// Takes out copies whose outputs nothing reads.
  void dropUnread();
  /// Takes out copies without which the budget still holds, the dearest first.
  void prune(const std::function<bool()> &stop);
  /// Takes out the instances at the positions marked in `removed`.
  void remove(const std::vector<char> &removed);
  /// Positions of instances that are not the first of their node.
  std::vector<int32_t> copies() const;

  const std::vector<int32_t> &sequence() const { return live.sequence; }
  const Liveness &liveness() const { return live; }
  int64_t work = 0;

private:
  /// Cut the life of one instance: its cone runs again before position `before`.
  struct Cut {
    int32_t before = none;
    std::vector<int32_t> cone;
    double score = 1e300; ///< cost for each byte and position freed: the less the better
    int64_t bytes = 0;    ///< of the value cut
  };
  struct Candidate {
    double optimistic; ///< no cone of this candidate scores less
    double noise;
    int32_t instance, lastRead, nextRead;
    bool operator<(const Candidate &o) const {
      return optimistic != o.optimistic ? optimistic < o.optimistic : instance < o.instance;
    }
  };
  struct Extended {
    int32_t instance;
    int32_t from; ///< first position at which it is dead now
  };

  void refresh();
  void findCandidates(double noise);
  std::vector<Cut> bestCuts(double noise, int32_t coneLimit);
  std::vector<int32_t> withCuts(std::vector<Cut> cuts) const;
  void growCone(const Candidate &candidate, double noise, int32_t coneLimit, Cut &best);
  bool findExtended(int32_t before);
  double gain(const Candidate &candidate);
  double insertionExcess(const Candidate &candidate, int32_t before);
  int32_t mostInTheWay(const Candidate &candidate, double noise);
  bool canRun(int32_t node, int32_t before) const;
  bool canDrop(int32_t position);

  const RematGraph &graph;
  int64_t budget;
  Liveness live;
  Random &random;
  std::vector<double> excessSum;    ///< prefix sums over positions of bytes above the budget
  std::vector<int32_t> excessCount; ///< prefix counts of positions above the budget
  std::vector<Candidate> candidates;
  std::vector<int32_t> cone;
  std::vector<Extended> extended;
  std::vector<std::pair<int32_t, int64_t>> marks; ///< position, change of live bytes from it on
  std::vector<int64_t> change;                    ///< of live bytes, by position; zero between uses
  std::vector<int32_t> stamp;                     ///< of each node: in the cone of this number
  int32_t coneNumber = 0;
  std::vector<int32_t> lastUse; ///< of each value, within the cone
};

} // namespace plimsoll::planner
