//===- ExplainText.cpp - an explanation, for people and for scripts -----------------===//
#include "compiler/codegen/CppText.h"
#include "compiler/pipeline/Explain.h"
#include "plimsoll/Shown.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace plimsoll;
using namespace plimsoll::pipeline;
using codegen::grouped;
using llvm::formatv;

namespace {

std::string size(int64_t bytes) {
  if (bytes < 1024)
    return std::to_string(bytes) + " bytes";
  return bytes < 1048576 ? formatv("{0:f1} KiB", bytes / 1024.0).str()
                         : formatv("{0:f2} MiB", bytes / 1048576.0).str();
}

std::string time(double seconds) {
  return seconds < 1e-3 ? formatv("{0:f1} us", seconds * 1e6).str()
                        : formatv("{0:f2} ms", seconds * 1e3).str();
}

std::string numbers(const std::vector<int32_t> &list) {
  std::string text;
  for (int32_t number : list)
    text += (text.empty() ? "" : ", ") + std::to_string(number);
  return text;
}

class Printer {
public:
  Printer(const StepView &view, const StepFacts &step, const Explanation &e)
      : view(view), step(step), e(e), os(text) {}

  std::string print() {
    os << shown(e.title) << "\n";
    line("is") << shown(what()) << "\n";
    for (size_t i = 0; i < e.lives.size(); ++i)
      e.kind == "resident" ? printResident(e.lives[i]) : printLife(e.lives[i], i);
    line("why") << shown(e.why) << "\n";
    printPeak();
    for (const Change &change : e.changes)
      printChange(change);
    return text;
  }

private:
  llvm::raw_ostream &line(const char *label) { return os << formatv("  {0,-9} ", label); }

  std::string what() const {
    std::string words = e.type.empty() ? "" : e.type + ", ";
    words += grouped(e.bytes) + " bytes";
    if (e.bytes >= 1024)
      words += " (" + size(e.bytes) + ")";
    if (!e.op.empty())
      words += "; " + e.phase + " pass, made by " + e.op;
    if (!e.alsoGradientOf.empty())
      words += "; also the gradient of " + e.alsoGradientOf.front();
    if (e.alsoGradientOf.size() > 1)
      words += formatv(" and {0} more", e.alsoGradientOf.size() - 1);
    return words;
  }

  void printLife(const LifeStory &life, size_t instance) {
    line(instance == 0 ? "alive" : "again")
        << (life.from == life.to ? formatv("at launch {0}", life.to).str()
                                 : formatv("launches {0} to {1}", life.from, life.to).str())
        << " of " << step.launches;
    if (instance == 0 && !life.maker.empty() && life.maker.find(" of ") != std::string::npos)
      os << ", made at " << life.from;
    os << "\n";
    if (!life.reruns.empty())
      line("") << (life.reruns.size() == 1 ? "for it launch " : "for it launches ")
               << numbers(life.reruns) << (life.reruns.size() == 1 ? " repeats" : " repeat")
               << " earlier ones: " << time(life.rerunCost) << ", " << share(life.rerunCost)
               << "\n";
    printReaders(life);
    line("") << "at bytes " << range(life.offset) << "\n";
  }

  void printReaders(const LifeStory &life) {
    if (life.readers.empty()) {
      line("") << (life.keptToEnd ? "no launch reads it; it is a result of the step"
                                  : "no launch reads it")
               << "\n";
      return;
    }
    for (int32_t reader : life.readers) {
      line("") << "read at " << reader << " by " << shown(view.launchTitle(reader - 1));
      if (reader == life.readers.back())
        os << ", the last" << (life.overwriter.empty() ? "" : ", which overwrites it in place");
      os << "\n";
    }
    if (life.keptToEnd)
      line("") << "kept to the end: it is a result of the step\n";
  }

  void printResident(const LifeStory &life) {
    line("alive") << "always, at bytes " << range(life.offset) << "\n";
    std::vector<int32_t> readers;
    for (int32_t reader : life.readers)
      if (!llvm::is_contained(e.updatedBy, reader))
        readers.push_back(reader);
    if (!readers.empty())
      line("") << "read at " << numbers(readers) << " of " << step.launches << "\n";
    for (int32_t launch : e.updatedBy)
      line("") << "overwritten in place at " << launch << " by "
               << shown(view.launchTitle(launch - 1)) << "\n";
  }

  std::string range(int64_t offset) const {
    return grouped(offset) + " to " + grouped(offset + e.bytes) + " of the arena";
  }

  void printPeak() {
    line("peak") << (e.bytesAtPeak == 0
                         ? std::string("not alive there")
                         : formatv("{0:f1} % of the bytes alive there",
                                   100.0 * e.bytesAtPeak / std::max<int64_t>(1, step.peakBytes))
                               .str())
                 << " (launch " << step.peakLaunch << ")\n";
  }

  std::string share(double cost) const {
    return formatv("{0:f2} % of the step's predicted time",
                   100 * cost / std::max(1e-300, step.baseCost));
  }

  void printChange(const Change &change) {
    const WhatIf &result = change.result;
    if (!result.obstacle.empty())
      return; // it is the reason that was given
    line("if") << (change.recompute
                       ? formatv("made again before {0}, without bytes from {1} to there: ",
                                 change.to, change.from)
                             .str()
                       : "kept until its last reader: ")
               << result.ops.size() << (result.ops.size() == 1 ? " launch " : " launches ")
               << (change.recompute ? "more" : "fewer") << ", " << time(std::abs(result.cost))
               << (result.cost < 0 ? " less" : " more") << " (" << share(std::abs(result.cost))
               << ")\n";
    int64_t gain = step.peakBytes - result.maxLive;
    line("") << (gain == 0  ? "the peak would stay"
                 : gain > 0 ? "the peak would fall"
                            : "the peak would rise");
    if (gain != 0)
      os << " by " << size(std::abs(gain));
    if (size(result.arenaBytes) == size(step.arenaBytes))
      os << "; the arena would keep its " << size(step.arenaBytes);
    else
      os << "; the arena would have " << size(result.arenaBytes) << " instead of "
         << size(step.arenaBytes);
    if (step.budget && result.arenaBytes > *step.budget)
      os << ", more than the budget";
    os << "\n";
  }

  const StepView &view;
  const StepFacts &step;
  const Explanation &e;
  std::string text;
  llvm::raw_string_ostream os;
};

llvm::json::Array array(const std::vector<int32_t> &list) {
  llvm::json::Array result;
  for (int32_t number : list)
    result.push_back(number);
  return result;
}

llvm::json::Object lifeJson(const LifeStory &life) {
  return llvm::json::Object{{"from_launch", life.from},
                            {"to_launch", life.to},
                            {"offset", life.offset},
                            {"made_by", life.maker},
                            {"read_at", array(life.readers)},
                            {"last_reader", life.lastReader},
                            {"overwritten_by", life.overwriter},
                            {"is_result", life.keptToEnd},
                            {"repeated_launches", array(life.reruns)},
                            {"repeated_seconds", life.rerunCost}};
}

} // namespace

std::string plimsoll::pipeline::toText(const StepFacts &step) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "arena " << size(step.arenaBytes);
  if (step.budget)
    os << " of " << size(*step.budget) << " allowed";
  os << ", " << step.launches << " launches, " << step.recomputed << " of them repeated; most is "
     << "alive at launch " << step.peakLaunch << ": " << grouped(step.peakBytes) << " bytes, "
     << shown(step.peakTitle) << "\n";
  return text;
}

std::string plimsoll::pipeline::toText(const StepView &view, const StepFacts &step,
                                       const Explanation &explanation) {
  return Printer(view, step, explanation).print();
}

llvm::json::Object plimsoll::pipeline::toJson(const StepView &view, const StepFacts &step,
                                              const Explanation &e) {
  llvm::json::Array lives, changes;
  for (const LifeStory &life : e.lives)
    lives.push_back(lifeJson(life));
  for (const Change &change : e.changes) {
    llvm::json::Array ops;
    for (planner::OpId op : change.result.ops)
      ops.push_back(view.timeline().ops[op].name);
    llvm::json::Object object{{"what", change.recompute ? "recompute" : "keep"},
                              {"possible", change.result.obstacle.empty()}};
    if (change.recompute)
      object["before_launch"] = change.to;
    if (!change.result.obstacle.empty())
      object["obstacle"] = change.result.obstacle;
    else {
      object["launches"] = std::move(ops);
      object["seconds"] = change.result.cost;
      object["step_share"] = change.result.cost / std::max(1e-300, step.baseCost);
      object["arena_bytes"] = change.result.arenaBytes;
      object["peak_bytes"] = change.result.maxLive;
    }
    changes.push_back(std::move(object));
  }
  llvm::json::Object object{{"value", e.title},
                            {"kind", e.kind},
                            {"type", e.type},
                            {"bytes", e.bytes},
                            {"why", e.why},
                            {"bytes_at_peak", e.bytesAtPeak},
                            {"lives", std::move(lives)},
                            {"updated_at", array(e.updatedBy)},
                            {"if", std::move(changes)}};
  if (!e.op.empty()) {
    object["op"] = e.op;
    object["pass"] = e.phase;
  }
  return object;
}
