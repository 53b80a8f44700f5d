//===- Sweep.cpp - arena against predicted time ------------------------------------===//
#include "compiler/pipeline/Sweep.h"
#include "compiler/pipeline/Bytes.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace plimsoll;
using namespace plimsoll::pipeline;
using llvm::formatv;

/// The training step's predicted time, relative to the step that repeats nothing.
static double relativeStep(const planner::Solution &solution, const std::vector<double> &costs) {
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

std::string plimsoll::pipeline::sweepSvg(const planner::Solution &solution) {
  const auto &points = solution.statistics.frontier;
  double left = 70, bottom = 40, width = 640, height = 360,
         base = solution.timelines.front().baseCost;
  double smallest = 1e300, largest = 0, slowest = 1;
  for (const planner::FrontierPoint &point : points) {
    smallest = std::min(smallest, double(point.arenaBytes));
    largest = std::max(largest, double(point.arenaBytes));
    slowest = std::max(slowest, point.costs.front() / base);
  }
  auto x = [&](double bytes) {
    return left + (bytes - smallest) * width / std::max(1.0, largest - smallest);
  };
  auto y = [&](double cost) {
    return 20 + height - (cost - 1) * height / std::max(1e-9, slowest - 1);
  };
  std::string text;
  llvm::raw_string_ostream os(text);
  os << formatv(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" "
      "fill=\"#fff\"/>\n",
      left + width + 60, height + bottom + 40);
  os << "<polyline fill=\"none\" stroke=\"#4d8fc4\" stroke-width=\"2\" points=\"";
  for (const planner::FrontierPoint &point : points)
    os << formatv("{0:f1},{1:f1} ", x(point.arenaBytes), y(point.costs.front() / base));
  os << "\"/>\n";
  for (const planner::FrontierPoint &point : points)
    os << formatv("<circle cx=\"{0:f1}\" cy=\"{1:f1}\" r=\"3\" fill=\"#4d8fc4\"><title>{2}, "
                  "{3:f3} x</title></circle>\n",
                  x(point.arenaBytes), y(point.costs.front() / base), mebibytes(point.arenaBytes),
                  point.costs.front() / base);
  os << formatv("<text x=\"{0}\" y=\"{1}\">{2}</text><text x=\"{3}\" y=\"{1}\" "
                "text-anchor=\"end\">{4}</text>\n",
                left, height + bottom + 10, mebibytes(smallest), left + width, mebibytes(largest));
  os << formatv("<text x=\"6\" y=\"{0}\">1 x</text><text x=\"6\" y=\"30\">{1:f2} x</text>\n"
                "<text x=\"{2}\" y=\"{3}\" text-anchor=\"middle\">arena</text></svg>\n",
                20 + height, slowest, left + width / 2, height + bottom + 28);
  return text;
}
