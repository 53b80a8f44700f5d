//===- Summary.h - what a plan holds, for people and for scripts ---------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_SUMMARY_H
#define PLIMSOLL_COMPILER_PIPELINE_SUMMARY_H

#include "compiler/pipeline/Pipeline.h"
#include "compiler/pipeline/TimelineTable.h"
#include "llvm/Support/JSON.h"

namespace plimsoll::pipeline {

/// The bytes of a planned step by kind. `atPeak` numbers are those alive at the step of the
/// training timeline where most bytes are.
struct Summary {
  std::string classes; ///< the dimension that the loss takes for them; "": there is one alone
  std::string model, inputs, optimizer, precision, target;
  int64_t parameterBytes = 0, parameterCount = 0, parameterTensors = 0, stateBytes = 0,
          constantBytes = 0;
  int64_t microBatches = 1, sumBytes = 0; ///< of a step; bytes of their gradients' sums
  int64_t gradientBytesAtPeak = 0, activationBytesAtPeak = 0, workspaceBytesAtPeak = 0;
  int64_t arenaBytes = 0, lowerBound = 0;
  std::optional<int64_t> budget, totalBudget; ///< of the arena, of the process
  int64_t besideArena = 0;                    ///< predicted for the process
  int64_t launches = 0, peakLaunch = 0, recomputed = 0;
  double recomputedShare = 0; ///< of the step's predicted cost
  double stepSeconds = 0;     ///< predicted
  int64_t steps = 0;          ///< whose time is asked for; 0: of one alone
  double leastShare = 0;      ///< of recomputation, proven for plans of this order and budget
  int64_t anyPlanBound = 0;   ///< bytes: no plan of this model is below (proven)
  std::string device;         ///< whose times are predicted
  int64_t adapterTensors = 0, adapterCount = 0; ///< with --lora: all that is trained
  std::optional<FullTraining> fullTraining;     ///< what it saves against that
  std::string peakNode;
  std::vector<TimelineRow> timelines; ///< of the program, in its order
  std::vector<std::string> ties;
};

Summary summarize(const Compilation &compilation, const CompileOptions &options);

/// The table that a user sees first.
std::string toText(const Summary &summary);
/// The report: has at least an integer `arena_bytes`.
llvm::json::Object toJson(const Summary &summary);

/// The table of what is trained, what is frozen and what stays a constant, and why.
std::string parameterText(mlir::ModuleOp module);
llvm::json::Array parameterJson(mlir::ModuleOp module);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_SUMMARY_H
