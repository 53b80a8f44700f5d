//===- Order.cpp - an order of low peak -------------------------------------------------------===//
//
// Candidates are the given order and a greedy list schedule, which always runs the ready operation
// that leaves the fewest bytes alive. Then single operations are moved, within their dependences,
// to where they free bytes earlier or allocate later, as long as the peak falls.
//
//===----------------------------------------------------------------------===//

#include "passes/planner/Order.h"

#include "passes/planner/Liveness.h"

#include <algorithm>

namespace plimsoll::planner {

namespace {

/// Returns the bytes that running `node` now would add to what stays alive afterwards.
int64_t bytesKept(const RematGraph &graph, int32_t node, const std::vector<int32_t> &readersLeft) {
  int64_t bytes = 0;
  for (int32_t v : graph.nodes[node].outputs)
    bytes += readersLeft[v] > 0 ? graph.bytes[v] : 0;
  for (int32_t v : graph.nodes[node].inputs)
    bytes -= readersLeft[v] == 1 ? graph.bytes[v] : 0;
  return bytes;
}

std::vector<int32_t> listSchedule(const RematGraph &graph, const Dependences &dependences,
                                  const std::vector<int32_t> &given) {
  std::vector<int32_t> readersLeft(graph.bytes.size(), 0), waits(graph.nodes.size()),
      rank(graph.nodes.size());
  for (const RematGraph::Node &node : graph.nodes)
    for (int32_t v : node.inputs)
      ++readersLeft[v];
  for (int32_t v : graph.liveAtEnd)
    readersLeft[v] += 1 << 20;
  std::vector<int32_t> ready, order;
  for (size_t k = 0; k < given.size(); ++k)
    rank[given[k]] = static_cast<int32_t>(k);
  for (int32_t node : given)
    if ((waits[node] = static_cast<int32_t>(dependences.before[node].size())) == 0)
      ready.push_back(node);
  while (!ready.empty()) {
    auto best = ready.begin();
    std::pair<int64_t, int32_t> bestKey{INT64_MAX, 0};
    for (auto it = ready.begin(); it != ready.end(); ++it)
      if (const std::pair key(bytesKept(graph, *it, readersLeft), rank[*it]); key < bestKey) {
        bestKey = key;
        best = it;
      }
    const int32_t node = *best;
    ready.erase(best);
    order.push_back(node);
    for (int32_t v : graph.nodes[node].inputs)
      --readersLeft[v];
    for (int32_t next : dependences.behind[node])
      if (--waits[next] == 0)
        ready.push_back(next);
  }
  return order;
}

/// Returns the peak and the sum of live bytes. Of equal peaks the lower sum packs better and leaves
/// more room for later moves.
std::pair<int64_t, double> measure(Liveness &live, const std::vector<int32_t> &order) {
  live.run(order);
  double sum = 0;
  for (int64_t bytes : live.memory)
    sum += static_cast<double>(bytes);
  return {live.peak, sum};
}

/// Moves operations near the peak across it, one at a time.
void localSearch(const RematGraph &graph, const Dependences &dependences,
                 std::vector<int32_t> &order) {
  Liveness live(graph);
  auto best = measure(live, order);
  int64_t work = std::max<int64_t>(2'000'000, 200 * std::ssize(order));
  for (bool improved = true; improved && work > 0;) {
    improved = false;
    const int32_t peak = live.peakPosition, count = static_cast<int32_t>(order.size());
    std::vector<int32_t> where(graph.nodes.size());
    for (int32_t p = 0; p < count; ++p)
      where[order[p]] = p;
    for (int32_t p = std::max(0, peak - 40); p < std::min(count, peak + 40) && !improved; ++p) {
      int32_t low = 0, high = count - 1; // positions that dependences allow for the operation
      for (int32_t b : dependences.before[order[p]])
        low = std::max(low, where[b] + 1);
      for (int32_t b : dependences.behind[order[p]])
        high = std::min(high, where[b] - 1);
      for (int32_t to : {low, high, peak + 1, peak - 1}) {
        if (to < low || to > high || to == p)
          continue;
        std::vector<int32_t> moved = order;
        moved.erase(moved.begin() + p);
        moved.insert(moved.begin() + to, order[p]);
        work -= count;
        if (const auto now = measure(live, moved); now.first < best.first) {
          best = now;
          order = std::move(moved);
          improved = true;
          break;
        }
      }
    }
    if (improved)
      live.run(order);
  }
}

} // namespace

std::vector<int32_t> lowPeakOrder(const RematGraph &graph, const Dependences &dependences,
                                  const std::vector<int32_t> &given) {
  Liveness live(graph);
  std::vector<int32_t> best = given;
  auto bestMeasure = measure(live, given);
  std::vector<int32_t> listed = listSchedule(graph, dependences, given);
  if (const auto m = measure(live, listed); m.first < bestMeasure.first) {
    bestMeasure = m;
    best = std::move(listed);
  }
  localSearch(graph, dependences, best);
  return best;
}

} // namespace plimsoll::planner
