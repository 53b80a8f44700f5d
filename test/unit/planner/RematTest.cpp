//===- RematTest.cpp - recomputation on generated graphs --------------------------------===//

#include "passes/planner/Remat.h"
#include "passes/planner/Liveness.h"
#include "passes/planner/Random.h"

#include <gtest/gtest.h>

#include <numeric>

using namespace plimsoll::planner;

namespace {

/// Makes a forward chain and the backward one that reads it: node k and its mirror.
RematGraph chain(int32_t length, Random *random = nullptr) {
  RematGraph graph;
  for (int32_t i = 0; i < 2 * length; ++i) {
    RematGraph::Node node;
    if (i > 0)
      node.inputs.push_back(i - 1);
    if (i >= length && 2 * length - 1 - i != i - 1)
      node.inputs.push_back(2 * length - 1 - i);
    node.outputs = {i};
    node.cost = random ? static_cast<double>(1 + random->below(9)) : 1;
    graph.nodes.push_back(node);
    graph.bytes.push_back(random ? 1 + random->below(50) : 1);
    graph.producer.push_back(i);
  }
  graph.liveAtEnd = {2 * length - 1};
  return graph;
}

std::vector<int32_t> givenOrder(const RematGraph &graph) {
  std::vector<int32_t> order(graph.nodes.size());
  std::iota(order.begin(), order.end(), 0);
  return order;
}

/// Computes the peak of a sequence from its definition, without the simulator.
int64_t peakByHand(const RematGraph &graph, const std::vector<int32_t> &sequence) {
  std::vector<int64_t> live(sequence.size(), 0);
  std::vector<int32_t> latest(graph.bytes.size(), none);
  std::vector<size_t> last(sequence.size());
  for (size_t p = 0; p < sequence.size(); ++p) {
    for (int32_t v : graph.nodes[sequence[p]].inputs) {
      EXPECT_NE(latest[v], none);
      last[latest[v]] = p;
    }
    latest[sequence[p]] = static_cast<int32_t>(p);
    last[p] = p;
  }
  for (int32_t v : graph.liveAtEnd)
    last[latest[v]] = sequence.size() - 1;
  for (size_t p = 0; p < sequence.size(); ++p)
    for (size_t q = p; q <= last[p]; ++q)
      live[q] += graph.bytes[sequence[p]];
  return *std::max_element(live.begin(), live.end());
}

TEST(Liveness, agreesWithTheDefinition) {
  Random random(1);
  for (int k = 0; k < 200; ++k) {
    const RematGraph graph = chain(8, &random);
    std::vector<int32_t> sequence = givenOrder(graph);
    for (int copies = 0; copies < 4; ++copies)
      sequence.insert(sequence.begin() + 10 + random.below(4),
                      static_cast<int32_t>(random.below(8)));
    Liveness live(graph);
    live.run(sequence);
    EXPECT_EQ(live.peak, peakByHand(graph, sequence));
  }
}

TEST(Remat, keepsTheBudgetAboveItsBound) {
  Random random(2);
  for (int k = 0; k < 30; ++k) {
    const RematGraph graph = chain(12, &random);
    const std::vector<int32_t> order = givenOrder(graph);
    const int64_t peak = peakByHand(graph, order);
    for (double fraction : {0.9, 0.7, 0.5}) {
      RematOptions options;
      options.budget = static_cast<int64_t>(fraction * static_cast<double>(peak));
      options.work = 1'000'000;
      const RematResult result = rematerialise(graph, order, options);
      EXPECT_EQ(result.peak, peakByHand(graph, result.sequence));
      if (!result.feasible)
        continue;
      EXPECT_LE(result.peak, options.budget);
      EXPECT_GE(result.cost + 1e-9, rematCostBound(graph, order, options.budget));
    }
  }
}

TEST(Remat, aChainOfSixteenInNineSlots) {
  const RematGraph graph = chain(16);
  RematOptions options;
  options.budget = 9;
  options.work = 20'000'000;
  const RematResult result = rematerialise(graph, givenOrder(graph), options);
  ASSERT_TRUE(result.feasible);
  EXPECT_LE(result.cost, 32 + 15); // about one more forward pass
}

TEST(Remat, isDeterministic) {
  Random random(4);
  const RematGraph graph = chain(20, &random);
  RematOptions options;
  options.budget = peakByHand(graph, givenOrder(graph)) * 6 / 10;
  options.work = 2'000'000;
  EXPECT_EQ(rematerialise(graph, givenOrder(graph), options).sequence,
            rematerialise(graph, givenOrder(graph), options).sequence);
}

} // namespace
