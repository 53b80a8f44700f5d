//===- Sweep.cpp - arena against predicted time ------------------------------------===//
#include "compiler/pipeline/Sweep.h"
#include "compiler/pipeline/Bytes.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace plimsoll;
using namespace plimsoll::pipeline;
using llvm::formatv;

double plimsoll::pipeline::relativeStep(const memory::PlanOutcome &outcome,
                                        const std::vector<double> &costs) {
  return outcome.relativeStep(outcome.stepSeconds(costs));
}

std::string plimsoll::pipeline::sweepText(const memory::PlanOutcome &outcome) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "      arena   predicted step   repeated launches\n";
  for (const planner::FrontierPoint &point : outcome.result.solution.statistics.frontier)
    os << formatv("{0,11}   {1,12:f3} x   {2,17}\n", mebibytes(point.arenaBytes),
                  relativeStep(outcome, point.costs), point.recomputed);
  os << "no plan of this model is below " << mebibytes(outcome.result.solution.statistics.planBound)
     << " (proven)\n\n";
  os << "      arena   predicted step   checkpoints by rule\n";
  for (const planner::PolicyPoint &point : outcome.result.solution.statistics.policies)
    os << formatv("{0,11}   {1,12:f3} x   --checkpoint={2}\n", mebibytes(point.arenaBytes),
                  relativeStep(outcome, point.costs), point.name);
  return text;
}

llvm::json::Array plimsoll::pipeline::sweepJson(const memory::PlanOutcome &outcome) {
  llvm::json::Array points;
  for (const planner::FrontierPoint &point : outcome.result.solution.statistics.frontier)
    points.push_back(llvm::json::Object{{"arena_bytes", point.arenaBytes},
                                        {"relative_step", relativeStep(outcome, point.costs)},
                                        {"step_seconds", outcome.stepSeconds(point.costs)},
                                        {"recomputed_launches", point.recomputed}});
  return points;
}

llvm::json::Array plimsoll::pipeline::policiesJson(const memory::PlanOutcome &outcome) {
  llvm::json::Array policies;
  for (const planner::PolicyPoint &point : outcome.result.solution.statistics.policies)
    policies.push_back(llvm::json::Object{{"checkpoint", point.name},
                                          {"arena_bytes", point.arenaBytes},
                                          {"relative_step", relativeStep(outcome, point.costs)}});
  return policies;
}
