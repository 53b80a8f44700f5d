//===- RematGraph.cpp - a timeline for recomputation, and its bounds ---------------===//

#include "passes/planner/RematGraph.h"

#include "passes/planner/Choices.h"

#include <algorithm>
#include <map>

namespace plimsoll::planner {

RematGraph makeRematGraph(const Problem &problem, const Timeline &timeline,
                          const Dependences &dependences, int64_t residentBytes,
                          Alternatives alternatives) {
  RematGraph graph;
  graph.constantBytes = residentBytes;
  graph.producer = dependences.writer;
  auto counted = [&](ValueId v) { return problem.values[v].lifetime == Lifetime::Transient; };
  for (const Value &value : problem.values)
    graph.bytes.push_back(value.space == 0 ? alignUp(value.bytes, value.alignment) : 0);
  for (const Op &op : timeline.ops) {
    RematGraph::Node node;
    std::copy_if(op.reads.begin(), op.reads.end(), std::back_inserter(node.inputs), counted);
    std::copy_if(op.writes.begin(), op.writes.end(), std::back_inserter(node.outputs), counted);
    const Alternative &alternative =
        op.alternatives[alternatives == Alternatives::First ? 0 : leastAlternative(op)];
    if (problem.resources[op.resource].space == 0)
      node.workspace = alternative.workspaceBytes;
    node.cost = alternative.seconds;
    node.recomputable = op.recomputable && op.overwrites.empty();
    for (bool required : {true, false})
      for (const InPlacePair &pair : op.inPlace)
        if (pair.required == required &&
            (required || problem.values[pair.input].bytes == problem.values[pair.output].bytes)) {
          node.inPlace.push_back({pair.input, pair.output, required});
          node.recomputable = node.recomputable && !required;
        }
    graph.nodes.push_back(std::move(node));
  }
  auto addDeadline = [&](ValueId value, OpId destroyer) {
    for (OpId reader : dependences.readers[value])
      if (reader != destroyer)
        graph.nodes[reader].deadlines.push_back(destroyer);
  };
  for (OpId op = 0; op < std::ssize(timeline.ops); ++op) {
    for (const Overwrite &overwrite : timeline.ops[op].overwrites)
      addDeadline(overwrite.before, op);
    for (const InPlacePair &pair : timeline.ops[op].inPlace)
      if (pair.required)
        addDeadline(pair.input, op);
  }
  graph.liveAtStart = timeline.liveAtStart;
  for (ValueId v : timeline.liveAtEnd) // which may name a value twice
    if (counted(v) &&
        std::find(graph.liveAtEnd.begin(), graph.liveAtEnd.end(), v) == graph.liveAtEnd.end())
      graph.liveAtEnd.push_back(v);
  return graph;
}

int64_t footprintBound(const RematGraph &graph) {
  int64_t most = 0;
  for (const RematGraph::Node &node : graph.nodes) {
    int64_t sum = node.workspace;
    for (int32_t v : node.inputs)
      sum += graph.bytes[v];
    for (int32_t v : node.outputs) {
      const bool inPlace = std::any_of(node.inPlace.begin(), node.inPlace.end(),
                                       [&](const RematGraph::Pair &p) { return p.output == v; });
      sum += inPlace ? 0 : graph.bytes[v];
    }
    most = std::max(most, sum);
  }
  int64_t atStart = 0, atEnd = 0;
  for (int32_t v : graph.liveAtStart)
    atStart += graph.bytes[v];
  for (int32_t v : graph.liveAtEnd)
    atEnd += graph.bytes[v];
  return graph.constantBytes + std::max({most, atStart, atEnd});
}

/// Returns local maxima of the live bytes above `budget`, the highest first, at most 48.
static std::vector<int32_t> peaksAbove(const Liveness &live, int64_t budget) {
  constexpr size_t most = 48;
  std::vector<int32_t> peaks;
  for (int32_t p = 0; p < live.length(); ++p)
    if (live.memory[p] > budget && (p == 0 || live.memory[p - 1] <= live.memory[p]) &&
        (p + 1 == live.length() || live.memory[p + 1] < live.memory[p]))
      peaks.push_back(p);
  std::stable_sort(peaks.begin(), peaks.end(),
                   [&](int32_t a, int32_t b) { return live.memory[a] > live.memory[b]; });
  peaks.resize(std::min(peaks.size(), most));
  return peaks;
}

/// Returns a cost that freeing `excess` bytes at `position` needs at least: by making values alive
/// across it again, or an input that an output can then be written over.
static double costToFree(const RematGraph &graph, const Liveness &live, int32_t position,
                         int64_t excess) {
  std::map<int32_t, int64_t> freed; // node -> bytes alive across the position
  for (int32_t i = 0; i < live.instances(); ++i)
    if (live.born[i] < position && live.last[i] > position && !live.isReadAt(i, position) &&
        graph.producer[live.value[i]] != none)
      freed[graph.producer[live.value[i]]] += graph.bytes[live.value[i]];
  for (const RematGraph::Pair &pair : graph.nodes[live.sequence[position]].inPlace)
    for (int32_t i : live.readBy(position))
      if (live.value[i] == pair.input && live.last[i] > position &&
          graph.producer[pair.input] != none)
        freed[graph.producer[pair.input]] += graph.bytes[pair.output];
  std::vector<std::pair<double, int64_t>> offers; // cost per byte, bytes
  for (const auto &[node, bytes] : freed)
    if (bytes > 0)
      offers.push_back({graph.nodes[node].cost / static_cast<double>(bytes), bytes});
  std::sort(offers.begin(), offers.end());
  double cost = 0;
  for (size_t k = 0; k < offers.size() && excess > 0; ++k) {
    const int64_t take = std::min(excess, offers[k].second);
    cost += offers[k].first * static_cast<double>(take);
    excess -= take;
  }
  return cost;
}

double rematCostBound(const RematGraph &graph, const std::vector<int32_t> &sequence,
                      int64_t budget) {
  Liveness live(graph);
  live.run(sequence);
  double bound = 0;
  for (int32_t peak : peaksAbove(live, budget))
    bound = std::max(bound, costToFree(graph, live, peak, live.memory[peak] - budget));
  return bound;
}

} // namespace plimsoll::planner
