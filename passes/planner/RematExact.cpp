//===- RematExact.cpp - the cheapest sequence of a small timeline ---------------------------===//
//
// Dijkstra's algorithm over states (values alive, operations done): any order, any copies. A value
// may be dropped at any time; an operation may run when its inputs are alive and everything that it
// waits for is done. Exponential, so only for few operations.
//
//===----------------------------------------------------------------------===//

#include "passes/planner/Remat.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

namespace plimsoll::planner {

namespace {

constexpr size_t opLimit = 12, valueLimit = 20, stateLimit = 150'000;

class Exact {
public:
  Exact(const RematGraph &graph, const Dependences &dependences, int64_t budget)
      : graph(graph), dependences(dependences), budget(budget), bit(graph.bytes.size(), none) {}

  RematResult run() {
    if (!numberValues() || graph.nodes.size() > opLimit)
      return {};
    const uint32_t all = (1u << graph.nodes.size()) - 1;
    uint64_t end = 0;
    for (int32_t v : graph.liveAtEnd)
      end |= mask(v);
    uint64_t start = 0;
    for (int32_t v : graph.liveAtStart)
      start |= mask(v);
    if (bytesOf(start) <= budget)
      reach(pack(start, 0), 0, pack(start, 0), none);
    while (!queue.empty() && states.size() < stateLimit) {
      const auto [cost, state] = queue.top();
      queue.pop();
      if (cost > states.at(state).cost)
        continue;
      const uint64_t live = state >> 12;
      const uint32_t done = static_cast<uint32_t>(state & 0xfff);
      if (done == all && (live & end) == end)
        return unwind(state);
      expand(state, live, done, cost);
    }
    return {};
  }

private:
  struct Seen {
    double cost;
    uint64_t from;
    int32_t node; ///< the node that ran, or `none` for a drop
  };

  static uint64_t pack(uint64_t live, uint32_t done) { return live << 12 | done; }
  uint64_t mask(int32_t v) const { return uint64_t{1} << bit[v]; }

  bool numberValues() {
    auto add = [&](int32_t v) {
      if (bit[v] == none) {
        bit[v] = static_cast<int32_t>(valueOf.size());
        valueOf.push_back(v);
      }
    };
    std::for_each(graph.liveAtStart.begin(), graph.liveAtStart.end(), add);
    for (const RematGraph::Node &node : graph.nodes)
      std::for_each(node.outputs.begin(), node.outputs.end(), add);
    return valueOf.size() <= valueLimit;
  }

  int64_t bytesOf(uint64_t live) const {
    int64_t sum = graph.constantBytes;
    for (size_t b = 0; b < valueOf.size(); ++b)
      sum += live >> b & 1 ? graph.bytes[valueOf[b]] : 0;
    return sum;
  }

  void reach(uint64_t state, double cost, uint64_t from, int32_t node) {
    const auto [it, fresh] = states.insert({state, {cost, from, node}});
    if (!fresh && it->second.cost <= cost)
      return;
    it->second = {cost, from, node};
    queue.push({cost, state});
  }

  bool canRun(int32_t node, uint64_t live, uint32_t done) const {
    const RematGraph::Node &n = graph.nodes[node];
    if ((done >> node & 1) && !n.recomputable)
      return false;
    for (int32_t v : n.inputs)
      if (!(live & mask(v)))
        return false;
    for (int32_t destroyer : n.deadlines)
      if (done >> destroyer & 1)
        return false;
    for (int32_t b : dependences.before[node])
      if (!(done >> b & 1))
        return false;
    return true;
  }

  void expand(uint64_t state, uint64_t live, uint32_t done, double cost) {
    for (size_t b = 0; b < valueOf.size(); ++b)
      if (live >> b & 1)
        reach(pack(live & ~(uint64_t{1} << b), done), cost, state, none);
    for (int32_t node = 0; node < std::ssize(graph.nodes); ++node) {
      const RematGraph::Node &n = graph.nodes[node];
      if (!canRun(node, live, done))
        continue;
      uint64_t kept = live, writes = 0, taken = 0;
      for (int32_t v : n.outputs)
        writes |= mask(v);
      kept &= ~writes; // an older instance of its output dies first
      int64_t saved = 0;
      bool required = false;
      auto step = [&] {
        if (bytesOf(kept | writes) + n.workspace - saved <= budget)
          reach(pack((kept & ~taken) | writes, done | 1u << node), cost + n.cost, state, node);
      };
      for (const RematGraph::Pair &pair : n.inPlace)
        required = required || pair.required;
      if (!required)
        step();
      uint64_t served = 0; // outputs that took over an input's bytes
      for (const RematGraph::Pair &pair : n.inPlace) {
        if ((taken & mask(pair.input)) || (served & mask(pair.output)))
          continue;
        taken |= mask(pair.input);
        served |= mask(pair.output);
        saved += graph.bytes[pair.output];
        step();
      }
    }
  }

  RematResult unwind(uint64_t state) const {
    RematResult result;
    result.feasible = true;
    result.cost = states.at(state).cost;
    result.work = std::ssize(states);
    for (; states.at(state).from != state; state = states.at(state).from)
      if (const int32_t node = states.at(state).node; node != none)
        result.sequence.push_back(node);
    std::reverse(result.sequence.begin(), result.sequence.end());
    return result;
  }

  const RematGraph &graph;
  const Dependences &dependences;
  int64_t budget;
  std::vector<int32_t> bit, valueOf;
  std::unordered_map<uint64_t, Seen> states;
  using Entry = std::pair<double, uint64_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
};

} // namespace

bool isSmall(const RematGraph &graph) {
  size_t values = graph.liveAtStart.size();
  for (const RematGraph::Node &node : graph.nodes)
    values += node.outputs.size();
  return graph.nodes.size() <= opLimit && values <= valueLimit;
}

RematResult rematerialiseExactly(const RematGraph &graph, const Dependences &dependences,
                                 int64_t budget) {
  return Exact(graph, dependences, budget).run();
}

} // namespace plimsoll::planner
