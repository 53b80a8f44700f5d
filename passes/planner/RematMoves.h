//===- RematMoves.h - the moves of recomputation ----------------------------------------===//

#pragma once

#include "passes/planner/Liveness.h"
#include "passes/planner/Random.h"

#include <functional>

namespace plimsoll::planner {

/// Changes one sequence and keeps its live bytes up to date.
class RematMoves {
public:
  RematMoves(const RematGraph &graph, int64_t budget, Random &random)
      : graph(graph), budget(budget), live(graph), random(random), stamp(graph.nodes.size(), 0),
        lastUse(graph.bytes.size(), 0) {}

  void load(std::vector<int32_t> sequence);
  /// Cuts lives until the peak is within the budget. Returns false if no cut helps, the cost
  /// reaches `costLimit`, or `stop()` returns true.
  bool fit(double costLimit, double noise, int32_t coneLimit, const std::function<bool()> &stop);
  /// Removes copies whose outputs nothing reads.
  void dropUnread();
  /// Removes copies without which the budget still holds, the most expensive first.
  void prune(const std::function<bool()> &stop);
  /// Removes the instances at the positions marked in `removed`.
  void remove(const std::vector<char> &removed);
  /// Returns the positions of instances that are not the first of their node.
  std::vector<int32_t> copies() const;

  const std::vector<int32_t> &sequence() const { return live.sequence; }
  const Liveness &liveness() const { return live; }
  int64_t work = 0;

private:
  /// A cut of the life of one instance: its cone runs again before position `before`.
  struct Cut {
    int32_t before = none;
    std::vector<int32_t> cone;
    double score = 1e300; ///< cost per byte and position freed: lower is better
    int64_t bytes = 0;    ///< size of the value that is cut
  };
  struct Candidate {
    double optimistic; ///< lower bound on the scores of this candidate's cones
    double noise;
    int32_t instance, lastRead, nextRead;
    bool operator<(const Candidate &o) const {
      return optimistic != o.optimistic ? optimistic < o.optimistic : instance < o.instance;
    }
  };
  struct Extended {
    int32_t instance;
    int32_t from; ///< first position at which it is dead at present
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
  std::vector<int32_t> stamp;                     ///< of each node: the last cone it was in
  int32_t coneNumber = 0;
  std::vector<int32_t> lastUse; ///< of each value, within the cone
};

} // namespace plimsoll::planner
