//===- Explain.h - where a tensor comes from, when it lives, and why -----*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_EXPLAIN_H
#define PLIMSOLL_COMPILER_PIPELINE_EXPLAIN_H

#include "compiler/pipeline/WhatIf.h"
#include "llvm/Support/JSON.h"

namespace plimsoll::pipeline {

/// One instance of a value. Launches are counted from 1, as in all reports.
struct LifeStory {
  int32_t from = 0, to = 0; ///< first and last launch
  std::string maker;        ///< "" if it exists at the start
  std::vector<int32_t> readers;
  std::string lastReader;
  std::string overwriter;      ///< the value that takes over its bytes at the last reader, or ""
  bool keptToEnd = false;      ///< it is a result of the step
  std::vector<int32_t> reruns; ///< launches that run again for this instance
  double rerunCost = 0;        ///< predicted seconds of those
  int64_t offset = 0;
};

/// The step if the value were kept, or recomputed, instead.
struct Change {
  bool recompute = false;   ///< else kept
  int32_t from = 0, to = 0; ///< launches between which it would need no bytes
  WhatIf result;
};

struct Explanation {
  planner::ValueId value = planner::none;
  std::string title, kind, op, phase, type;
  int64_t bytes = 0;
  std::vector<LifeStory> lives; ///< a resident has one, the whole step
  std::vector<std::string> alsoGradientOf;
  std::vector<int32_t> updatedBy; ///< for a resident: launches that overwrite it
  std::string why;
  int64_t bytesAtPeak = 0; ///< the value's share of the bytes at the peak
  std::vector<Change> changes;
};

/// Facts about the whole step, which explanations compare values with.
struct StepFacts {
  int64_t arenaBytes = 0, peakBytes = 0;
  std::optional<int64_t> budget;
  int32_t launches = 0, peakLaunch = 0, recomputed = 0;
  std::string peakTitle;
  double cost = 0, baseCost = 0;
  LiveBytes live;
};

StepFacts stepFacts(const StepView &view, std::optional<int64_t> budget);
Explanation explain(const StepView &view, const StepFacts &step, planner::ValueId value);

/// Returns a line that explanations refer to: the arena and the peak of the step.
std::string toText(const StepFacts &step);
std::string toText(const StepView &view, const StepFacts &step, const Explanation &explanation);
llvm::json::Object toJson(const StepView &view, const StepFacts &step,
                          const Explanation &explanation);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_EXPLAIN_H
