//===- Sweep.cpp - arena against predicted time ------------------------------------===//
#include "compiler/pipeline/Sweep.h"
#include "compiler/pipeline/Bytes.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace plimsoll;
using namespace plimsoll::pipeline;
using llvm::formatv;

double plimsoll::pipeline::relativeStep(const planner::Solution &solution,
                                        const std::vector<double> &costs) {
  return costs.front() / solution.timelines.front().baseCost;
}

std::string plimsoll::pipeline::sweepText(const planner::Solution &solution) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "      arena   predicted step   repeated launches\n";
  for (const planner::FrontierPoint &point : solution.statistics.frontier)
    os << formatv("{0,11}   {1,12:f3} x   {2,17}\n", mebibytes(point.arenaBytes),
                  relativeStep(solution, point.costs), point.recomputed);
  os << "no plan of this model is below " << mebibytes(solution.statistics.planBound)
     << " (proven)\n\n";
  os << "      arena   predicted step   checkpoints by rule\n";
  for (const planner::PolicyPoint &point : solution.statistics.policies)
    os << formatv("{0,11}   {1,12:f3} x   --checkpoint={2}\n", mebibytes(point.arenaBytes),
                  relativeStep(solution, point.costs), point.name);
  return text;
}

llvm::json::Array plimsoll::pipeline::sweepJson(const planner::Solution &solution) {
  llvm::json::Array points;
  for (const planner::FrontierPoint &point : solution.statistics.frontier)
    points.push_back(llvm::json::Object{{"arena_bytes", point.arenaBytes},
                                        {"relative_step", relativeStep(solution, point.costs)},
                                        {"step_seconds", point.costs.front()},
                                        {"recomputed_launches", point.recomputed}});
  return points;
}

llvm::json::Array plimsoll::pipeline::policiesJson(const planner::Solution &solution) {
  llvm::json::Array policies;
  for (const planner::PolicyPoint &point : solution.statistics.policies)
    policies.push_back(llvm::json::Object{{"checkpoint", point.name},
                                          {"arena_bytes", point.arenaBytes},
                                          {"relative_step", relativeStep(solution, point.costs)}});
  return policies;
}
