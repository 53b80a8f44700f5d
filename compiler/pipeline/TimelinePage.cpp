//===- TimelinePage.cpp - a plan as a picture -------------------------------------------===//
//
// Everything is drawn as SVG here; hovering uses the browser's own tooltips (<title>), so
// the page needs no script and nothing from elsewhere.
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/TimelinePage.h"
#include "compiler/pipeline/ValueKinds.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace plimsoll;
using namespace plimsoll::pipeline;
using llvm::formatv;

namespace {

constexpr int kWidth = 1100, kHeight = 320;

/// The layers of the first picture, from the bottom.
struct Layer {
  const char *name, *colour;
};
constexpr Layer kLayers[] = {{"parameters, state, constants", "#8c9aa8"},
                             {"inputs", "#b9a44c"},
                             {"gradients", "#c45b4d"},
                             {"activations", "#4d8fc4"},
                             {"workspace", "#7cb56b"}};
constexpr int kWorkspaceLayer = 4;

std::string escaped(llvm::StringRef text) {
  std::string result;
  for (char c : text)
    result += c == '<'   ? "&lt;"
              : c == '>' ? "&gt;"
              : c == '&' ? "&amp;"
              : c == '"' ? "&quot;"
                         : std::string(1, c);
  return result;
}

std::string mebibytes(int64_t bytes) {
  return formatv("{0:f1} MiB", bytes / 1048576.0);
}

class Page {
public:
  Page(const memory::PlanOutcome &outcome, llvm::StringRef title)
      : outcome(outcome), problem(outcome.problem), solution(outcome.result.solution),
        plan(solution.timelines.front()), timeline(problem.timelines.front()),
        kinds(valueKinds(problem)), title(title), os(text) {
    steps = std::max<size_t>(1, plan.events.size());
    countBytes();
  }

  std::string print() {
    os << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>"
       << escaped(title)
       << "</title>\n<style>body{font:14px sans-serif;margin:24px;color:#222}"
          "svg{background:#fafafa;border:1px solid #ddd}rect:hover{stroke:#000}"
          "span.key{display:inline-block;width:12px;height:12px;margin:0 4px 0 14px}</style>"
          "</head><body>\n<h1>"
       << escaped(title) << "</h1>\n";
    summary();
    areas();
    arenaMap();
    os << "</body></html>\n";
    return text;
  }

private:
  int layerOf(planner::ValueId id) const { return static_cast<int>(kinds[id]); }

  void countBytes() {
    layers = liveBytes(outcome).byKind;
    for (size_t i = 0; i < steps; ++i) {
      int64_t sum = 0;
      for (const auto &layer : layers)
        sum += layer[i];
      if (sum > peakBytes) {
        peakBytes = sum;
        peakStep = i;
      }
    }
  }

  std::string stepName(size_t i) const {
    if (i >= plan.events.size() || plan.events[i].op < 0)
      return "copy";
    std::string name = timeline.ops[plan.events[i].op].name;
    return plan.events[i].instance > 0 ? name + " (repeated)" : name;
  }

  void summary() {
    os << "<p>Arena <b>" << mebibytes(solution.arenaBytes) << "</b> (" << solution.arenaBytes
       << " bytes). Most bytes are alive at launch " << peakStep + 1 << " of " << steps << ", <b>"
       << escaped(stepName(peakStep)) << "</b>: <span id=\"peak\">" << peakBytes
       << "</span> bytes. " << plan.recomputed << " launches are repetitions.</p>\n<p>";
    for (const Layer &layer : kLayers)
      os << "<span class=\"key\" style=\"background:" << layer.colour << "\"></span>" << layer.name;
    os << "</p>\n";
  }

  double x(double step) const { return step * kWidth / steps; }
  double y(int64_t bytes) const {
    return kHeight - double(bytes) * kHeight / std::max<int64_t>(1, solution.arenaBytes);
  }

  void svg(llvm::StringRef heading) {
    os << "<h2>" << heading << "</h2>\n"
       << formatv("<svg width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n", kWidth, kHeight);
  }

  void areas() {
    svg("Bytes alive over the step");
    std::vector<int64_t> base(steps, 0);
    for (size_t l = 0; l < layers.size(); ++l) {
      os << "<path fill=\"" << kLayers[l].colour << "\" d=\"M";
      for (size_t i = 0; i < steps; ++i)
        os << formatv("{0:f1},{1:f1} {2:f1},{1:f1} ", x(i), y(base[i] + layers[l][i]), x(i + 1));
      for (size_t i = steps; i-- > 0;)
        os << formatv("{0:f1},{1:f1} {2:f1},{1:f1} ", x(i + 1), y(base[i]), x(i));
      os << "Z\"/>\n";
      for (size_t i = 0; i < steps; ++i)
        base[i] += layers[l][i];
    }
    hoverColumns(base);
    os << formatv("<line x1=\"{0:f1}\" x2=\"{0:f1}\" y1=\"0\" y2=\"{1}\" stroke=\"#000\" "
                  "stroke-dasharray=\"4 3\"/>\n</svg>\n",
                  x(peakStep + 0.5), kHeight);
  }

  void hoverColumns(const std::vector<int64_t> &sums) {
    for (size_t i = 0; i < steps; ++i) {
      os << formatv("<rect x=\"{0:f2}\" y=\"0\" width=\"{1:f2}\" height=\"{2}\" fill=\"{3}\" "
                    "fill-opacity=\"{4}\"><title>",
                    x(i), x(1), kHeight, "#fff",
                    i < plan.events.size() && plan.events[i].instance > 0 ? "0.25" : "0");
      os << i + 1 << ": " << escaped(stepName(i)) << "\n" << mebibytes(sums[i]) << " alive";
      for (size_t l = 0; l < layers.size(); ++l)
        os << "\n" << kLayers[l].name << " " << mebibytes(layers[l][i]);
      os << "</title></rect>\n";
    }
  }

  void box(int64_t offset, int64_t bytes, double from, double to, const char *colour,
           const std::string &name) {
    os << formatv("<rect x=\"{0:f2}\" y=\"{1:f2}\" width=\"{2:f2}\" height=\"{3:f2}\" fill=\"{4}\" "
                  "stroke=\"#fff\" stroke-width=\"0.3\"><title>{5}\n{6} at {7}</title></rect>\n",
                  x(from), y(offset + bytes), x(to) - x(from), y(offset) - y(offset + bytes),
                  colour, escaped(name), mebibytes(bytes), offset);
  }

  void arenaMap() {
    svg("The arena: address (up) by launch (right)");
    for (const planner::Placement &resident : solution.residents)
      box(resident.offset, problem.values[resident.value].bytes, 0, steps, kLayers[0].colour,
          problem.values[resident.value].name);
    for (const planner::Placement &placement : plan.placements)
      box(placement.offset, problem.values[placement.value].bytes, placement.from, placement.to,
          kLayers[layerOf(placement.value)].colour,
          problem.values[placement.value].name + (placement.instance > 0 ? " (repeated)" : ""));
    for (const planner::WorkspacePlacement &workspace : plan.workspaces)
      box(workspace.offset, workspace.bytes, workspace.position, workspace.position + 1,
          kLayers[kWorkspaceLayer].colour, "workspace of " + stepName(workspace.position));
    os << "</svg>\n";
  }

  const memory::PlanOutcome &outcome;
  const planner::Problem &problem;
  const planner::Solution &solution;
  const planner::TimelinePlan &plan;
  const planner::Timeline &timeline;
  std::vector<ValueKind> kinds;
  std::string title;
  size_t steps = 1;
  std::vector<std::vector<int64_t>> layers;
  int64_t peakBytes = 0;
  size_t peakStep = 0;
  std::string text;
  llvm::raw_string_ostream os;
};

} // namespace

std::string plimsoll::pipeline::timelinePage(const memory::PlanOutcome &outcome,
                                             llvm::StringRef title) {
  return Page(outcome, title).print();
}

// The frontier --------------------------------------------------------------

std::string plimsoll::pipeline::sweepText(const planner::Solution &solution) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "      arena   predicted step   repeated launches\n";
  for (const planner::FrontierPoint &point : solution.statistics.frontier)
    os << formatv("{0,11}   {1,12:f3} x   {2,17}\n", mebibytes(point.arenaBytes),
                  point.cost / solution.statistics.baseCost, point.recomputed);
  return text;
}

llvm::json::Array plimsoll::pipeline::sweepJson(const planner::Solution &solution) {
  llvm::json::Array points;
  for (const planner::FrontierPoint &point : solution.statistics.frontier)
    points.push_back(
        llvm::json::Object{{"arena_bytes", point.arenaBytes},
                           {"relative_step", point.cost / solution.statistics.baseCost},
                           {"recomputed_launches", point.recomputed}});
  return points;
}

std::string plimsoll::pipeline::sweepSvg(const planner::Solution &solution) {
  const auto &points = solution.statistics.frontier;
  double left = 70, bottom = 40, width = 640, height = 360, base = solution.statistics.baseCost;
  double smallest = 1e300, largest = 0, slowest = 1;
  for (const planner::FrontierPoint &point : points) {
    smallest = std::min(smallest, double(point.arenaBytes));
    largest = std::max(largest, double(point.arenaBytes));
    slowest = std::max(slowest, point.cost / base);
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
    os << formatv("{0:f1},{1:f1} ", x(point.arenaBytes), y(point.cost / base));
  os << "\"/>\n";
  for (const planner::FrontierPoint &point : points)
    os << formatv("<circle cx=\"{0:f1}\" cy=\"{1:f1}\" r=\"3\" fill=\"#4d8fc4\"><title>{2}, "
                  "{3:f3} x</title></circle>\n",
                  x(point.arenaBytes), y(point.cost / base), mebibytes(point.arenaBytes),
                  point.cost / base);
  os << formatv("<text x=\"{0}\" y=\"{1}\">{2}</text><text x=\"{3}\" y=\"{1}\" "
                "text-anchor=\"end\">{4}</text>\n",
                left, height + bottom + 10, mebibytes(smallest), left + width, mebibytes(largest));
  os << formatv("<text x=\"6\" y=\"{0}\">1 x</text><text x=\"6\" y=\"30\">{1:f2} x</text>\n"
                "<text x=\"{2}\" y=\"{3}\" text-anchor=\"middle\">arena</text></svg>\n",
                20 + height, slowest, left + width / 2, height + bottom + 28);
  return text;
}
