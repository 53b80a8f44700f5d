//===- RematCommand.cpp - plimsoll-plan remat -----------------------------------------===//

#include "Commands.h"

#include "passes/planner/Liveness.h"
#include "passes/planner/Remat.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <iostream>
#include <numeric>

namespace plimsoll::plan {

using nlohmann::json;

namespace {

void addNode(RematFile &file, const json &node, int32_t index) {
  planner::RematGraph::Node &n = file.graph.nodes[index];
  n.cost = node.at("cost_cpu");
  n.outputs = {index};
  file.graph.bytes[index] = node.at("cost_ram");
  file.graph.producer[index] = index;
  if (n.cost < 0 || file.graph.bytes[index] < 0)
    throw InputError("node " + std::to_string(file.ids[index]) + ": negative cost or size");
}

RematFile parse(const json &graph) {
  RematFile file;
  const json &nodes = graph.at("nodes");
  if (graph.at("graph").is_object() && graph.at("graph").contains("order"))
    file.ids = graph.at("graph").at("order").get<std::vector<int64_t>>();
  else
    for (const json &node : nodes)
      file.ids.push_back(node.at("id"));
  std::map<int64_t, int32_t> indexOf;
  for (size_t i = 0; i < file.ids.size(); ++i)
    indexOf[file.ids[i]] = static_cast<int32_t>(i);
  if (indexOf.size() != nodes.size() || file.ids.size() != nodes.size())
    throw InputError("the order does not name every node once");
  file.graph.nodes.resize(nodes.size());
  file.graph.bytes.resize(nodes.size());
  file.graph.producer.resize(nodes.size());
  for (const json &node : nodes)
    addNode(file, node, indexOf.at(node.at("id")));
  for (const json &link : graph.at(graph.contains("links") ? "links" : "edges")) {
    const int32_t from = indexOf.at(link.at("source")), to = indexOf.at(link.at("target"));
    if (from >= to)
      throw InputError("node " + std::to_string(file.ids[to]) + " runs before its input " +
                       std::to_string(file.ids[from]));
    std::vector<int32_t> &inputs = file.graph.nodes[to].inputs;
    if (std::find(inputs.begin(), inputs.end(), from) == inputs.end())
      inputs.push_back(from);
  }
  file.order.resize(nodes.size());
  std::iota(file.order.begin(), file.order.end(), 0);
  return file;
}

} // namespace

RematFile readRematFile(const std::string &path) {
  try {
    return parse(json::parse(readText(path)));
  } catch (const json::exception &error) {
    throw InputError(path + ": not a node-link graph: " + error.what());
  } catch (const std::out_of_range &) {
    throw InputError(path + ": a link or the order names a node that does not exist");
  } catch (const InputError &error) {
    throw InputError(path + ": " + error.what());
  }
}

void RematCommand::declare(CLI::App &app) {
  app.add_option("graph", input, "node-link JSON with cost_cpu and cost_ram; - for stdin")
      ->required();
  app.add_option("--budget", budget, "fraction of the peak without recomputation")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("-o", output, "where to write the sequence of node ids; - for stdout");
  app.add_option("--effort", effort, "work spent")->check(CLI::IsMember({"fast", "normal", "max"}));
  app.add_option("--time-limit", timeLimit, "stop then, e.g. 10s (not reproducible)");
  app.add_flag("--json", json, "print tdi_percent, peak, budget, bound_percent, seconds");
}

int RematCommand::run() const {
  const double limit = timeLimit.empty() ? 0 : parseSeconds(timeLimit);
  const RematFile file = readRematFile(input);
  planner::Liveness base(file.graph);
  base.run(file.order);
  planner::RematOptions options;
  options.budget = static_cast<int64_t>(std::ceil(budget * static_cast<double>(base.peak)));
  options.work = planner::rematWork(parseEffort(effort), file.order.size());
  options.timeLimit = limit;
  const auto started = std::chrono::steady_clock::now();
  const planner::RematResult result = planner::rematerialise(file.graph, file.order, options);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  const double bound = planner::rematCostBound(file.graph, file.order, options.budget);
  const double scale = base.cost > 0 ? 100 / base.cost : 0;
  if (!output.empty()) {
    nlohmann::json ids = nlohmann::json::array();
    for (int32_t node : result.sequence)
      ids.push_back(file.ids[node]);
    writeText(output, ids.dump() + "\n");
  }
  std::ostream &report = output == "-" ? std::cerr : std::cout;
  const nlohmann::json numbers = {{"feasible", result.feasible},
                                  {"tdi_percent", (result.cost - base.cost) * scale},
                                  {"peak", result.peak},
                                  {"budget", options.budget},
                                  {"bound_percent", bound * scale},
                                  {"seconds", seconds.count()}};
  if (json)
    report << numbers << "\n";
  else if (result.feasible)
    report << "peak " << result.peak << " of " << options.budget << ", run time +"
           << numbers["tdi_percent"] << " %, at least +" << numbers["bound_percent"]
           << " % (proven), " << seconds.count() << " s\n";
  if (result.feasible)
    return done;
  std::cerr << "plimsoll-plan: error: no sequence found in " << options.budget
            << " bytes; the lowest peak found is " << result.peak << ", none is below "
            << planner::footprintBound(file.graph) << "\n";
  return noPlanFits;
}

} // namespace plimsoll::plan
