//===- SweepPicture.cpp - arena against predicted time, as a picture ----------------===//
#include "compiler/pipeline/Bytes.h"
#include "compiler/pipeline/Markup.h"
#include "compiler/pipeline/Sweep.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cmath>
#include <map>

using namespace plimsoll;
using namespace plimsoll::pipeline;
using llvm::formatv;

namespace {

/// Pixels of the plot; title and axes are around it.
constexpr int kLeft = 84, kTop = 56, kWidth = 660, kHeight = 360, kRight = 40, kBottom = 56;
constexpr const char *kPlans = "#2f77b0", *kRules = "#c2571a";

/// A range of numbers along an axis, and the distance of its ticks.
struct Axis {
  double low = INFINITY, high = -INFINITY, step = 1;

  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }

  /// Widens the range to round numbers, about `count` of them; the range is at least `least`.
  void round(int count, double least) {
    double span = std::max(high - low, least);
    step = std::pow(10.0, std::floor(std::log10(span / count)));
    for (double factor : {2.0, 2.5, 2.0})
      if (span / step > count)
        step *= factor;
    low = std::floor(low / step + 1e-9) * step;
    high = std::max(std::ceil(high / step - 1e-9), low / step + 1) * step;
  }

  int ticks() const { return int(std::lround((high - low) / step)); }
  double tick(int i) const { return low + i * step; }
  double part(double value) const { return (value - low) / (high - low); }
  /// Returns the decimals that distinguish neighbouring ticks.
  int digits() const {
    int count = 0;
    for (double s = step; count < 6 && std::abs(s - std::round(s)) > 1e-6 * s; s *= 10)
      ++count;
    return count;
  }
};

class Picture {
public:
  Picture(const memory::PlanOutcome &outcome, llvm::StringRef title)
      : outcome(outcome), statistics(outcome.result.solution.statistics), title(title), os(text) {
    int64_t most = 0;
    for (const auto &point : statistics.frontier)
      most = std::max(most, point.arenaBytes);
    unit = most >= int64_t(4) << 30 ? 1 << 30 : most >= 4 << 20 ? 1 << 20 : 1 << 10;
    auto add = [&](const auto &points) {
      for (const auto &point : points) {
        bytes.add(point.arenaBytes / unit);
        time.add(relativeStep(outcome, point.costs));
      }
    };
    add(statistics.frontier);
    add(statistics.policies);
    bytes.round(8, 1e-3);
    time.round(7, 1e-2);
  }

  std::string print() {
    int width = kLeft + kWidth + kRight, height = kTop + kHeight + kBottom;
    os << formatv("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
                  "viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
                  "<title>{2}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
                  width, height, markup(title));
    label(kLeft, 24, "start", ("Arena and predicted step of " + title).str(), 15);
    axes();
    legend();
    plans();
    rules();
    os << "</svg>\n";
    return text;
  }

private:
  double x(double arenaBytes) const { return kLeft + bytes.part(arenaBytes / unit) * kWidth; }
  double y(double step) const { return kTop + (1 - time.part(step)) * kHeight; }

  void label(double x, double y, const char *anchor, llvm::StringRef words, int size = 12) {
    os << formatv("<text x=\"{0:f1}\" y=\"{1:f1}\" text-anchor=\"{2}\" font-size=\"{3}\" "
                  "fill=\"#333\">{4}</text>\n",
                  x, y, anchor, size, markup(words));
  }

  void line(double x1, double y1, double x2, double y2, const char *colour) {
    os << formatv("<line x1=\"{0:f1}\" y1=\"{1:f1}\" x2=\"{2:f1}\" y2=\"{3:f1}\" "
                  "stroke=\"{4}\"/>\n",
                  x1, y1, x2, y2, colour);
  }

  static std::string number(double value, int digits) {
    std::string text;
    llvm::raw_string_ostream(text) << llvm::format("%.*f", digits, value);
    return text;
  }

  void axes() {
    for (int i = 0; i <= bytes.ticks(); ++i) {
      double at = kLeft + double(i) * kWidth / bytes.ticks();
      line(at, kTop, at, kTop + kHeight + 5, i == 0 ? "#333" : "#e4e4e4");
      label(at, kTop + kHeight + 20, "middle", number(bytes.tick(i), bytes.digits()));
    }
    for (int i = 0; i <= time.ticks(); ++i) {
      double at = kTop + kHeight - double(i) * kHeight / time.ticks();
      line(kLeft - 5, at, kLeft + kWidth, at, i == 0 ? "#333" : "#e4e4e4");
      label(kLeft - 9, at + 4, "end", number(time.tick(i), time.digits()) + " x");
    }
    const char *name = unit == 1 << 30 ? "GiB" : unit == 1 << 20 ? "MiB" : "KiB";
    label(kLeft + kWidth / 2.0, kTop + kHeight + 42, "middle", std::string("arena, ") + name);
    os << formatv("<text transform=\"translate(20 {0}) rotate(-90)\" text-anchor=\"middle\" "
                  "fill=\"#333\">predicted step, against the one that repeats nothing</text>\n",
                  kTop + kHeight / 2);
  }

  void legend() {
    double at = kLeft + kWidth - 200;
    circle(at, kTop + 16, "");
    label(at + 12, kTop + 20, "start", "plans found, by budget");
    if (statistics.policies.empty())
      return;
    square(at, kTop + 36, "");
    label(at + 12, kTop + 40, "start", "checkpoints by rule");
  }

  void circle(double x, double y, llvm::StringRef what) {
    os << formatv("<circle cx=\"{0:f1}\" cy=\"{1:f1}\" r=\"3.5\" fill=\"{2}\"><title>{3}</title>"
                  "</circle>\n",
                  x, y, kPlans, markup(what));
  }

  void square(double x, double y, llvm::StringRef what) {
    os << formatv("<rect x=\"{0:f1}\" y=\"{1:f1}\" width=\"8\" height=\"8\" fill=\"{2}\">"
                  "<title>{3}</title></rect>\n",
                  x - 4, y - 4, kRules, markup(what));
  }

  std::string says(int64_t arena, double step) const {
    return mebibytes(arena) + ", " + number(step, 3) + " x";
  }

  void plans() {
    os << "<polyline fill=\"none\" stroke=\"" << kPlans << "\" stroke-width=\"1.5\" points=\"";
    for (const planner::FrontierPoint &point : statistics.frontier)
      os << formatv("{0:f1},{1:f1} ", x(point.arenaBytes), y(relativeStep(outcome, point.costs)));
    os << "\"/>\n";
    for (const planner::FrontierPoint &point : statistics.frontier) {
      double step = relativeStep(outcome, point.costs);
      circle(x(point.arenaBytes), y(step), says(point.arenaBytes, step));
    }
  }

  /// Draws each rule with its name, on the side that has room; rules with the same plan share a
  /// point.
  void rules() {
    std::map<std::pair<int64_t, double>, std::string> names;
    for (const planner::PolicyPoint &point : statistics.policies) {
      std::string &name = names[{point.arenaBytes, relativeStep(outcome, point.costs)}];
      name += (name.empty() ? "" : ", ") + point.name;
    }
    for (const auto &[place, name] : names) {
      const auto &[arena, step] = place;
      double at = x(arena);
      square(at, y(step), name + ": " + says(arena, step));
      bool left = at > kLeft + kWidth - 110;
      label(at + (left ? -8 : 8), y(step) - 6, left ? "end" : "start", name);
    }
  }

  const memory::PlanOutcome &outcome;
  const planner::Statistics &statistics;
  llvm::StringRef title;
  Axis bytes, time;
  double unit = 1;
  std::string text;
  llvm::raw_string_ostream os;
};

} // namespace

std::string plimsoll::pipeline::sweepSvg(const memory::PlanOutcome &outcome,
                                         llvm::StringRef title) {
  return Picture(outcome, title).print();
}
