//===- MinimumCut.cpp - the minimum cut of a flow network -----------------------===//
#include "passes/fuse/MinimumCut.h"
#include "llvm/ADT/iterator_range.h"
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/boykov_kolmogorov_max_flow.hpp>

using namespace plimsoll::fuse;

using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
using Graph = boost::adjacency_list<
    boost::vecS, boost::vecS, boost::directedS, boost::no_property,
    boost::property<
        boost::edge_capacity_t, int64_t,
        boost::property<boost::edge_residual_capacity_t, int64_t,
                        boost::property<boost::edge_reverse_t, Traits::edge_descriptor>>>>;

/// Adds an edge and the one back, which has no capacity.
static void connect(Graph &graph, unsigned from, unsigned to, int64_t capacity) {
  auto edge = boost::add_edge(from, to, graph).first;
  auto back = boost::add_edge(to, from, graph).first;
  boost::put(boost::edge_capacity, graph, edge, capacity);
  boost::put(boost::edge_capacity, graph, back, 0);
  boost::put(boost::edge_reverse, graph, edge, back);
  boost::put(boost::edge_reverse, graph, back, edge);
}

void MinimumCut::solve() {
  Graph graph(nodes);
  for (const Edge &edge : edges)
    ::connect(graph, edge.from, edge.to, edge.capacity);
  boost::boykov_kolmogorov_max_flow(graph, boost::get(boost::edge_capacity, graph),
                                    boost::get(boost::edge_residual_capacity, graph),
                                    boost::get(boost::edge_reverse, graph),
                                    boost::get(boost::vertex_index, graph), source, sink);
  // What still reaches the sink is behind the cut.
  std::vector<unsigned> reached = {sink};
  behind.assign(nodes, false);
  behind[sink] = true;
  auto residual = boost::get(boost::edge_residual_capacity, graph);
  auto reverse = boost::get(boost::edge_reverse, graph);
  while (!reached.empty()) {
    unsigned node = reached.back();
    reached.pop_back();
    for (auto edge : llvm::make_range(boost::out_edges(node, graph))) {
      unsigned from = static_cast<unsigned>(boost::target(edge, graph));
      if (!behind[from] && residual[reverse[edge]] > 0) {
        behind[from] = true;
        reached.push_back(from);
      }
    }
  }
}
