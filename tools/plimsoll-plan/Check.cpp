//===- Check.cpp - plimsoll-plan check, without code of the planner's solvers ---------===//

#include "Commands.h"

#include "passes/planner/Json.h"
#include "passes/planner/Validate.h"

#include <nlohmann/json.hpp>

#include <iostream>
#include <map>
#include <set>

namespace plimsoll::plan {

using nlohmann::json;

namespace {

using Errors = std::vector<std::string>;

/// Sweeps over time with the buffers that are alive ordered by offset: neighbours must not overlap.
Errors checkPacking(const PackFile &instance, const PackFile &plan) {
  if (plan.offsets.size() != instance.buffers.size() || plan.ids.size() != instance.ids.size())
    return {"the plan has " + std::to_string(plan.offsets.size()) + " offsets for " +
            std::to_string(instance.buffers.size()) + " buffers"};
  Errors errors;
  std::vector<std::tuple<int64_t, int, size_t>> edges; // time, 0 end or 1 start, buffer
  for (size_t i = 0; i < plan.offsets.size(); ++i) {
    const planner::Buffer &a = instance.buffers[i], &b = plan.buffers[i];
    if (instance.ids[i] != plan.ids[i] || a.lower != b.lower || a.upper != b.upper ||
        a.size != b.size)
      errors.push_back("buffer " + instance.ids[i] + ": not the same in the plan");
    if (plan.offsets[i] < 0)
      errors.push_back("buffer " + instance.ids[i] + ": its offset is negative");
    if (a.size > 0 && a.upper > a.lower) {
      edges.push_back({a.lower, 1, i});
      edges.push_back({a.upper, 0, i});
    }
  }
  std::sort(edges.begin(), edges.end());
  std::set<std::pair<int64_t, size_t>> alive; // offset, buffer
  for (const auto &[time, isStart, i] : edges) {
    const std::pair<int64_t, size_t> key(plan.offsets[i], i);
    if (!isStart) {
      alive.erase(key);
      continue;
    }
    const auto next = alive.insert(key).first;
    auto apart = [&](size_t low, size_t high) {
      if (plan.offsets[low] + instance.buffers[low].size > plan.offsets[high])
        errors.push_back("buffers " + instance.ids[low] + " and " + instance.ids[high] +
                         " share bytes at time " + std::to_string(time));
    };
    if (next != alive.begin())
      apart(std::prev(next)->second, i);
    if (std::next(next) != alive.end())
      apart(i, std::next(next)->second);
  }
  return errors;
}

/// Replays a sequence of node ids: checks that every input is there, that every node runs, and that
/// the peak is at most `budget` (0: any) times that of the order of the file.
Errors checkSequence(const RematFile &file, const json &plan, double budget) {
  const std::vector<int64_t> ids = plan.get<std::vector<int64_t>>();
  std::map<int64_t, int32_t> indexOf;
  for (size_t i = 0; i < file.ids.size(); ++i)
    indexOf[file.ids[i]] = static_cast<int32_t>(i);
  auto peakOf = [&](const std::vector<int64_t> &sequence, Errors &errors) {
    std::vector<int64_t> latest(file.ids.size(), -1), change(sequence.size() + 1, 0);
    std::vector<size_t> last(sequence.size());
    for (size_t p = 0; p < sequence.size(); ++p) {
      const auto node = indexOf.find(sequence[p]);
      if (node == indexOf.end()) {
        errors.push_back("there is no node " + std::to_string(sequence[p]));
        return int64_t{0};
      }
      for (int32_t input : file.graph.nodes[node->second].inputs)
        if (latest[input] < 0)
          errors.push_back("node " + std::to_string(sequence[p]) + " runs before its input " +
                           std::to_string(file.ids[input]));
        else
          last[latest[input]] = p;
      last[p] = p;
      latest[node->second] = static_cast<int64_t>(p);
    }
    for (size_t i = 0; i < latest.size(); ++i)
      if (latest[i] < 0)
        errors.push_back("node " + std::to_string(file.ids[i]) + " never runs");
    for (size_t p = 0; p < sequence.size(); ++p) {
      change[p] += file.graph.bytes[indexOf[sequence[p]]];
      change[last[p] + 1] -= file.graph.bytes[indexOf[sequence[p]]];
    }
    int64_t live = 0, peak = 0;
    for (int64_t bytes : change)
      peak = std::max(peak, live += bytes);
    return peak;
  };
  Errors errors;
  const int64_t peak = peakOf(ids, errors), given = peakOf(file.ids, errors);
  if (budget > 0 && static_cast<double>(peak) > std::ceil(budget * static_cast<double>(given)))
    errors.push_back("its peak of " + std::to_string(peak) + " is above the budget");
  return errors;
}

Errors checkProblemPlan(const json &instance, const json &plan) {
  const planner::Problem problem = planner::problemFromJson(instance);
  Errors errors = planner::checkProblem(problem);
  return errors.empty() ? planner::validate(problem, planner::solutionFromJson(plan)) : errors;
}

Errors checkFiles(const std::string &instance, const std::string &plan, double budget) {
  const std::string text = readText(plan);
  if (instance.ends_with(".csv"))
    return checkPacking(readPackFile(instance), readPackFile(plan));
  const json parsed = json::parse(readText(instance));
  if (parsed.contains("nodes"))
    return checkSequence(readRematFile(instance), json::parse(text), budget);
  return checkProblemPlan(parsed, json::parse(text));
}

} // namespace

void CheckCommand::declare(CLI::App &app) {
  app.add_option("instance", instance, "packing CSV, graph JSON or problem JSON")->required();
  app.add_option("plan", plan, "packed CSV, sequence JSON or solution JSON")->required();
  app.add_option("--budget", budget, "of a sequence: fraction of the given order's peak");
}

int CheckCommand::run() const {
  Errors errors;
  try {
    errors = checkFiles(instance, plan, budget);
  } catch (const json::exception &error) {
    throw InputError(std::string("not what was expected: ") + error.what());
  } catch (const std::invalid_argument &error) { // another version of the format
    throw InputError(error.what());
  } catch (const std::out_of_range &error) {
    throw InputError(plan + ": names something that does not exist");
  }
  for (const std::string &line : errors)
    std::cerr << "plimsoll-plan: error: " << line << "\n";
  std::cout << (errors.empty() ? "valid\n" : "not valid\n");
  return errors.empty() ? done : failed;
}

} // namespace plimsoll::plan
