//===- Summary.h - the summary of a plan ----------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_SUMMARY_H
#define PLIMSOLL_COMPILER_PIPELINE_SUMMARY_H

#include "compiler/pipeline/Pipeline.h"
#include "compiler/pipeline/TimelineTable.h"
#include "llvm/Support/JSON.h"

namespace plimsoll::pipeline {

/// A table whose gradient is sparse.
struct SparseRow {
  std::string name;
  int64_t rows, touched; ///< of the table; the most that a step updates
};

/// The bytes of a planned step by kind. Fields named `...AtPeak` count what is alive at the launch
/// of the training timeline where most bytes are.
struct Summary {
  std::string classes; ///< the dimension of the classes, if there was a choice, else ""
  std::string model, inputs, optimizer, precision, target;
  std::string state = "f32"; ///< what the optimizer keeps its states in, as the command line has it
  std::vector<std::string> lossy; ///< what rounds numbers that f32 would keep, by --allow=precision
  int64_t parameterBytes = 0, parameterCount = 0, parameterTensors = 0, stateBytes = 0,
          constantBytes = 0;
  int64_t microBatches = 1, sumBytes = 0; ///< per step; bytes of the sums of their gradients
  int64_t gradientBytesAtPeak = 0, weightCopyBytesAtPeak = 0, activationBytesAtPeak = 0,
          workspaceBytesAtPeak = 0;
  int64_t arenaBytes = 0, lowerBound = 0;
  std::optional<int64_t> budget, totalBudget; ///< of the arena; of the process
  int64_t besideArena = 0;                    ///< predicted bytes of the process besides the arena
  int64_t launches = 0, peakLaunch = 0, recomputed = 0;
  double recomputedShare = 0;                   ///< of the step's predicted cost
  double stepSeconds = 0;                       ///< predicted
  int64_t steps = 0;                            ///< whose total time is predicted; 0: one step only
  double leastShare = 0;                        ///< least share in this order and budget (proven)
  int64_t anyPlanBound = 0;                     ///< bytes: no plan of this model is below (proven)
  std::string device;                           ///< the device whose times are predicted
  int64_t adapterTensors = 0, adapterCount = 0; ///< with --lora: all that is trained
  std::optional<FullTraining> fullTraining;     ///< the same model with every parameter trained
  std::string peakNode;
  std::vector<TimelineRow> timelines; ///< in the order of the program
  std::vector<std::string> ties;
  std::vector<SparseRow> sparse;
};

Summary summarize(const Compilation &compilation, const CompileOptions &options);

/// Returns the summary as a table.
std::string toText(const Summary &summary);
/// Returns the summary as a report for scripts; it has at least the integer `arena_bytes`.
llvm::json::Object toJson(const Summary &summary);

/// Returns the table of what is trained, what is frozen and what stays a constant, and why.
std::string parameterText(mlir::ModuleOp module);
llvm::json::Array parameterJson(mlir::ModuleOp module);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_SUMMARY_H
