//===- TimelinePage.cpp - a plan as a picture -------------------------------------------===//
//
// Everything is drawn as SVG here, and parts are labelled by the browser's own tooltips (<title>):
// the page needs no other file. A short script reads the same numbers and shows what is alive at
// the launch under the mouse.
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/TimelinePage.h"
#include "compiler/pipeline/Bytes.h"
#include "compiler/pipeline/Markup.h"
#include "compiler/pipeline/TimelineScript.h"
#include "compiler/pipeline/TimelineTable.h"
#include "compiler/pipeline/ValueKinds.h"
#include "plimsoll/Shown.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace plimsoll;
using namespace plimsoll::pipeline;
using llvm::formatv;

namespace {

/// Pixels of a picture; the axes are left of it and below.
constexpr int kWidth = 1120, kHeight = 320, kLeft = 72, kTop = 16, kBottom = 34;

/// The layers of the first picture, from the bottom.
struct Layer {
  const char *name, *colour;
};
constexpr Layer kLayers[] = {{"parameters, state, constants", "#8c9aa8"},
                             {"inputs", "#b9a44c"},
                             {"gradients", "#c45b4d"},
                             {"copies of weights", "#8a6bb0"},
                             {"activations", "#4d8fc4"},
                             {"workspace", "#7cb56b"}};

constexpr int kWorkspaceLayer = 5;

class Page {
public:
  Page(const memory::PlanOutcome &outcome, llvm::StringRef title)
      : outcome(outcome), problem(outcome.problem), solution(outcome.result.solution),
        plan(outcome.plan()), timeline(outcome.timeline()), kinds(valueKinds(outcome)),
        title(title), os(text) {
    steps = std::max<size_t>(1, plan.events.size());
    countBytes();
  }

  std::string print() {
    os << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>"
       << markup(title)
       << "</title>\n<style>body{font:14px sans-serif;margin:24px;color:#222}"
          "h1{font-size:22px}h2{font-size:17px;margin:18px 0 4px}p{max-width:1190px}"
          "svg{display:block}svg text{font:12px sans-serif;fill:#444}rect:hover{stroke:#000}"
          "span.key{display:inline-block;width:12px;height:12px;margin:0 4px 0 14px}"
          "span.key:first-child{margin-left:0}#readout{min-height:2.4em;color:#444}</style>"
          "</head><body>\n<h1>"
       << markup(title) << "</h1>\n";
    summary();
    areas();
    arenaMap();
    script();
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
       << markup(stepName(peakStep)) << "</b>: <span id=\"peak\">" << peakBytes << "</span> bytes. "
       << plan.recomputed << " launches are repetitions.</p>\n<p>";
    for (const Layer &layer : kLayers)
      os << "<span class=\"key\" style=\"background:" << layer.colour << "\"></span>" << layer.name;
    if (plan.recomputed > 0)
      os << "<span class=\"key\" style=\"background:linear-gradient(90deg,#a6c7e2 50%,#c6cdd4 "
            "50%)\"></span>lighter: repeated launches";
    os << "</p>\n";
    otherTimelines();
    os << "<p id=\"readout\"></p>\n";
  }

  /// Lists the timelines that are not drawn.
  void otherTimelines() {
    std::vector<TimelineRow> rows = timelineRows(outcome);
    if (rows.size() < 2)
      return;
    os << "<p>Drawn is the timeline <b>" << markup(timeline.name)
       << "</b>; the arena is the largest of all:";
    for (const TimelineRow &row : rows)
      os << " " << markup(row.name) << " " << mebibytes(row.arenaBytes) << ", " << row.launches
         << " launches, most bytes at launch " << row.peakLaunch << ", " << markup(row.peakNode)
         << ";";
    os << "</p>\n";
  }

  double x(double step) const { return kLeft + step * kWidth / steps; }
  double y(int64_t bytes) const {
    return kTop + kHeight - double(bytes) * kHeight / std::max<int64_t>(1, solution.arenaBytes);
  }

  void svg(llvm::StringRef heading) {
    os << "<h2>" << heading << "</h2>\n"
       << formatv("<svg width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n",
                  kLeft + kWidth + 16, kTop + kHeight + kBottom)
       << formatv("<rect x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\" fill=\"#fafafa\" "
                  "stroke=\"#ddd\"/>\n",
                  kLeft, kTop, kWidth, kHeight);
    axes();
  }

  /// Returns a round step (1, 2 or 5 times a power of ten) of which `range` has at most eight.
  static double roundStep(double range) {
    double step = 1;
    for (double factors[] = {2, 2.5, 2}; step * 8 < range;)
      for (double factor : factors)
        if (step * 8 < range)
          step *= factor;
    return step;
  }

  void axes() {
    double unit = solution.arenaBytes >= int64_t(8) << 30 ? 1073741824.0
                  : solution.arenaBytes >= 8 << 20        ? 1048576.0
                                                          : 1024.0;
    const char *name = unit > 1e9 ? "GiB" : unit > 1e6 ? "MiB" : "KiB";
    double step = roundStep(solution.arenaBytes / unit);
    for (double at = 0; at * unit <= solution.arenaBytes; at += step)
      os << formatv("<text x=\"{0}\" y=\"{1:f1}\" text-anchor=\"end\">{2:f0} {3}</text>"
                    "<line x1=\"{4}\" x2=\"{5}\" y1=\"{6:f1}\" y2=\"{6:f1}\" stroke=\"#999\"/>\n",
                    kLeft - 8, y(at * unit) + 4, at, name, kLeft - 5, kLeft, y(at * unit));
    step = roundStep(steps);
    for (double at = step; at <= steps; at += step)
      os << formatv("<text x=\"{0:f1}\" y=\"{1}\" text-anchor=\"middle\">{2:f0}</text>\n",
                    x(at - 0.5), kTop + kHeight + 15, at);
    os << formatv("<text x=\"{0}\" y=\"{1}\" text-anchor=\"middle\">launch</text>\n",
                  kLeft + kWidth / 2, kTop + kHeight + 31);
  }

  void cursor() {
    os << formatv("<line class=\"cursor\" x1=\"-9\" x2=\"-9\" y1=\"{0}\" y2=\"{1}\" "
                  "stroke=\"#000\" stroke-opacity=\"0.35\" pointer-events=\"none\"/>\n</svg>\n",
                  kTop, kTop + kHeight);
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
    bool right = peakStep * 2 < steps; // the side of the line that has more room
    os << formatv(
        "<line x1=\"{0:f1}\" x2=\"{0:f1}\" y1=\"{1}\" y2=\"{2}\" stroke=\"#000\" "
        "stroke-dasharray=\"4 3\" pointer-events=\"none\"/>\n<text x=\"{0:f1}\" y=\"{3}\" "
        "dx=\"{4}\" text-anchor=\"{5}\">peak: {6} at launch {7}</text>\n",
        x(peakStep + 0.5), kTop - 14, kTop + kHeight, kTop - 4, right ? 6 : -6,
        right ? "start" : "end", mebibytes(peakBytes), peakStep + 1);
    cursor();
  }

  void hoverColumns(const std::vector<int64_t> &sums) {
    for (size_t i = 0; i < steps; ++i) {
      os << formatv("<rect x=\"{0:f2}\" y=\"{5}\" width=\"{1:f2}\" height=\"{2}\" fill=\"{3}\" "
                    "fill-opacity=\"{4}\"><title>",
                    x(i), x(1) - x(0), kHeight, "#fff",
                    i < plan.events.size() && plan.events[i].instance > 0 ? "0.4" : "0", kTop);
      os << i + 1 << ": " << markup(stepName(i)) << "\n" << mebibytes(sums[i]) << " alive";
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
                  colour, markup(name), mebibytes(bytes), offset);
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
    cursor();
  }

  void script() {
    llvm::json::Array names, rows;
    for (size_t i = 0; i < steps; ++i)
      names.push_back(shown(stepName(i)));
    for (size_t l = 0; l < layers.size(); ++l)
      rows.push_back(
          llvm::json::Object{{"name", kLayers[l].name}, {"bytes", llvm::json::Array(layers[l])}});
    os << "<script type=\"application/json\" id=\"data\">"
       << scriptJson(llvm::json::Object{{"left", kLeft},
                                        {"width", kWidth},
                                        {"names", std::move(names)},
                                        {"layers", std::move(rows)}})
       << "</script>\n<script>" << kScript << "</script>\n";
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
