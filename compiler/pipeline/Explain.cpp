//===- Explain.cpp - where a tensor comes from, when it lives, and why -------------===//
//
// Collects facts only; ExplainText.cpp words them.
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/Explain.h"
#include "compiler/pipeline/Bytes.h"
#include "mlir/IR/Operation.h"
#include "llvm/Support/FormatVariadic.h"

using namespace plimsoll;
using namespace plimsoll::pipeline;
using planner::OpId;
using planner::ValueId;

StepFacts plimsoll::pipeline::stepFacts(const StepView &view, std::optional<int64_t> budget) {
  const planner::TimelinePlan &plan = view.plan();
  StepFacts facts;
  facts.arenaBytes = view.solution().arenaBytes;
  facts.peakBytes = plan.maxLive;
  facts.budget = budget;
  facts.launches = plan.events.size();
  facts.recomputed = plan.recomputed;
  facts.cost = plan.cost;
  facts.baseCost = plan.baseCost;
  facts.live = liveBytes(view.outcome());
  if (plan.peakPosition != planner::none) {
    facts.peakLaunch = plan.peakPosition + 1;
    facts.peakTitle = view.launchTitle(plan.peakPosition);
  }
  return facts;
}

namespace {

class Explainer {
public:
  Explainer(const StepView &view, const StepFacts &step, ValueId value)
      : view(view), plan(view.plan()), step(step), value(value) {}

  Explanation run() {
    describe();
    for (const planner::Placement *placement : view.lives(value))
      story.lives.push_back(life(*placement));
    for (const planner::Placement &placement : view.solution().residents)
      if (placement.value == value)
        story.lives.push_back(residentLife(placement));
    findUpdates();
    countPeak();
    findChanges();
    story.why = reason();
    return std::move(story);
  }

private:
  void describe() {
    const planner::Value &planned = view.problem().values[value];
    story.value = value;
    story.title = view.title(value);
    story.bytes = planned.bytes;
    OpId writer = view.writer(value);
    if (writer != planner::none) {
      story.phase = nn::stringifyPhase(view.phase(writer)).str();
      if (mlir::OpResult result = view.computed(value))
        story.op = result.getOwner()->getName().getStringRef().str();
    }
    switch (view.kind(value)) {
    case ValueKind::Resident:
      story.kind = "resident";
      break;
    case ValueKind::Input:
      story.kind = "input";
      break;
    case ValueKind::Gradient:
      story.kind = "gradient";
      break;
    case ValueKind::WeightCopy:
      story.kind = "copy of a weight";
      break;
    case ValueKind::Activation:
      story.kind = view.gradientOf(value).empty() ? "activation" : "gradient";
    }
    if (mlir::RankedTensorType type = view.type(value)) {
      llvm::raw_string_ostream os(story.type);
      os << type.getElementType();
      for (auto [i, size] : llvm::enumerate(type.getShape()))
        os << (i == 0 ? " " : "x") << size;
    }
    for (ValueId primal : view.gradientOf(value)) {
      const std::string &name = view.problem().values[primal].name;
      if (story.title != "gradient of " + name && !llvm::is_contained(story.alsoGradientOf, name))
        story.alsoGradientOf.push_back(name);
    }
  }

  LifeStory life(const planner::Placement &placement) {
    LifeStory result;
    result.from = placement.from + 1;
    result.to = placement.to;
    result.offset = placement.offset;
    int32_t made = view.maker(value, placement.instance);
    if (made != planner::none) {
      result.maker = view.launchTitle(made);
      collectReruns(made, result);
    }
    std::vector<int32_t> readers = view.readers(value, placement.instance);
    for (int32_t reader : readers)
      result.readers.push_back(reader + 1);
    if (!readers.empty()) {
      result.lastReader = view.launchTitle(readers.back());
      for (const planner::Placement &next : plan.placements)
        if (next.from == readers.back() && next.offset == placement.offset &&
            placement.to == readers.back() + 1)
          result.overwriter = view.title(next.value);
    }
    result.keptToEnd = placement.to == int32_t(plan.events.size()) &&
                       llvm::is_contained(view.timeline().liveAtEnd, value);
    return result;
  }

  LifeStory residentLife(const planner::Placement &placement) {
    LifeStory result;
    result.from = 1;
    result.to = step.launches;
    result.offset = placement.offset;
    for (int32_t reader : view.readers(value, 0))
      result.readers.push_back(reader + 1);
    return result;
  }

  /// Collects the repetitions that `made` depends on: a launch's repetition comes after those of
  /// its inputs.
  void collectReruns(int32_t made, LifeStory &result) {
    int32_t first = made;
    while (first >= 0 && plan.events[first].instance > 0)
      --first;
    std::vector<char> needed(plan.events.size(), false);
    needed[made] = plan.events[made].instance > 0;
    for (int32_t p = made; p > first; --p) {
      if (!needed[p])
        continue;
      const planner::Event &event = plan.events[p];
      const planner::Op &op = view.timeline().ops[event.op];
      result.reruns.insert(result.reruns.begin(), p + 1);
      result.rerunCost += op.alternatives[event.alternative].seconds;
      for (auto [read, instance] : llvm::zip(op.reads, event.reads))
        if (int32_t maker = instance > 0 ? view.maker(read, instance) : -1; maker > first)
          needed[maker] = true;
    }
  }

  void findUpdates() {
    for (auto [position, event] : llvm::enumerate(plan.events))
      if (event.op >= 0)
        for (const planner::Overwrite &overwrite : view.timeline().ops[event.op].overwrites)
          if (overwrite.before == value)
            story.updatedBy.push_back(position + 1);
  }

  void countPeak() {
    if (view.kind(value) == ValueKind::Resident)
      story.bytesAtPeak = story.bytes;
    std::vector<int32_t> ends = countedEnds(plan);
    for (auto [placement, end] : llvm::zip(plan.placements, ends))
      if (placement.value == value && placement.from <= plan.peakPosition &&
          plan.peakPosition < end)
        story.bytesAtPeak = story.bytes;
  }

  /// Finds the most valuable pause between two readers: one over the peak, else the longest.
  void findChanges() {
    if (view.kind(value) == ValueKind::Resident || view.kind(value) == ValueKind::Input)
      return;
    if (story.lives.size() > 1)
      story.changes.push_back({false, 0, 0, kept(view, value)});
    int32_t from = 0, to = 0;
    for (const LifeStory &life : story.lives) {
      int32_t before = life.from;
      for (int32_t reader : life.readers) {
        bool overPeak = before < step.peakLaunch && step.peakLaunch < reader;
        bool known = from < step.peakLaunch && step.peakLaunch < to;
        if (reader - before > 1 && (overPeak || (!known && reader - before > to - from)))
          std::tie(from, to) = std::pair(before, reader);
        before = reader;
      }
    }
    if (to > 0)
      story.changes.push_back({true, from, to, recomputed(view, value, to - 1)});
  }

  std::string reason() const {
    if (view.kind(value) == ValueKind::Resident)
      return "it lives from step to step; its place is the same in training and evaluation";
    if (view.kind(value) == ValueKind::Input)
      return "it comes from outside: nothing can make it again";
    if (story.lives.size() > 1)
      return "the budget is too small to hold it until its last reader; making it again was "
             "among the cheapest ways to save the bytes";
    if (story.changes.empty())
      return "its readers follow its writer at once: there is no time in which it could be away";
    const Change &change = story.changes.back();
    if (!change.result.obstacle.empty())
      return "it cannot be made again before launch " + std::to_string(change.to) + ": " +
             change.result.obstacle;
    if (step.recomputed == 0)
      return step.budget ? "nobody was short of bytes: all values fit the budget without "
                           "repeating anything"
                         : "no budget was given: everything is kept";
    return scarcity(change);
  }

  /// Returns a comparison of the budget with what is alive while the value waits for a reader.
  std::string scarcity(const Change &change) const {
    int64_t most = 0;
    for (int32_t launch = change.from + 1; launch < change.to; ++launch)
      most = std::max(most, step.live.sum(launch - 1));
    int64_t allowed = step.budget.value_or(step.arenaBytes);
    std::string numbers = "while it waits, at most " + mebibytes(most, 2) + " of the " +
                          mebibytes(allowed, 2) + " allowed are alive";
    if (allowed - most > story.bytes)
      return "nobody was short of bytes: " + numbers;
    return "bytes are short (" + numbers + "), but the plan fits by repeating others";
  }

  const StepView &view;
  const planner::TimelinePlan &plan;
  const StepFacts &step;
  ValueId value;
  Explanation story;
};

} // namespace

Explanation plimsoll::pipeline::explain(const StepView &view, const StepFacts &step,
                                        ValueId value) {
  return Explainer(view, step, value).run();
}
