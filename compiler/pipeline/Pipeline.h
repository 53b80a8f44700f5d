//===- Pipeline.h - from a model file to a training program ------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_PIPELINE_H
#define PLIMSOLL_COMPILER_PIPELINE_PIPELINE_H

#include "compiler/codegen/ProgramEmitter.h"
#include "compiler/frontend/FrontEnd.h"
#include "compiler/target/Machine.h"
#include "passes/autodiff/Optimizers.h"
#include "passes/memory/Passes.h"
#include "passes/prepare/LossSpec.h"
#include "passes/prepare/Recipe.h"
#include <optional>

namespace plimsoll::pipeline {

/// The stages of a compilation: each is the text or file that `--emit` stops at.
enum class Stage { NN, Step, Kernels, Plan, Exec, Source, Library, Binary };

/// Low-rank adapters on frozen weights: `--lora=REGEX,rank=8,alpha=16,dropout=0.1`.
struct LoraOptions {
  std::string modules; ///< regular expression of the weights to adapt
  int64_t rank = 8;
  double alpha = 16;
  double dropout = 0; ///< of the adapters' inputs
};

/// Learning from a second model: `--teacher=MODEL,weight=0.5,temperature=2,output=NAME`.
struct TeacherOptions {
  std::string model;
  double weight = 0.5; ///< share of the loss
  double temperature = 1;
  std::string output; ///< of both models; empty: the one that the loss reads
};

/// What writes the inputs of a program: a host, by the C interface; a data source, whose rows are
/// rows of every input; or either.
enum class Feed { ByHost, ByEither, ByData };

struct CompileOptions {
  frontend::ModelOptions model; ///< compileTo adds the recipe's expressions
  prepare::Recipe recipe;
  /// `whole`: regular expressions of inputs (matching whole names) that a data source supplies as a
  /// whole in each step. `feed`: what supplies the others.
  std::vector<std::string> whole;
  Feed feed = Feed::ByHost;
  prepare::LossSpec loss;
  autodiff::OptimizerSettings optimizer;
  std::optional<LoraOptions> lora;
  std::optional<TeacherOptions> teacher;
  std::optional<autodiff::Clipping> clipping; ///< of gradients
  int64_t accumulate = 1;                     ///< micro-batches per update
  std::vector<std::string> dropout; ///< REGEX=p: dropout behind nodes and modules of that name
  std::string target = "cpu";
  std::string precision = "f32"; ///< of the factors of matrix products
  std::string device; ///< whose times are predicted: a file or built-in name; empty: the target's
  int threads = 0;    ///< 0: all cores of this machine
  int64_t steps = 0;  ///< for which the summary predicts a time; 0: one step only
  std::optional<int64_t> memory;      ///< limit of the arena, in bytes
  std::optional<int64_t> memoryTotal; ///< limit of the process, arena included
  planner::Options planning; ///< without the budget, which is known only after Stage::Kernels
  /// Elementwise ops become one launch where one reads another, and what is saved for the backward
  /// pass is chosen by a cut.
  bool fuseLoops = true;
  std::optional<int64_t> chunkRows; ///< for tests: losses in chunks of so many rows, however small
  bool keepGradients = false;
  bool poison = false;
  uint64_t seed = 0;     ///< of drawn weights
  std::string scaleRule; ///< for tests of the gradient checks, see nn-build-step
  /// For tests of operators: only the forward pass instead of a training step; with
  /// `inputGradients`, also the gradients of a weighted sum of its results with respect to its
  /// inputs.
  bool forwardOnly = false, inputGradients = false;
  /// For gradient checks: the loss and its gradients in f64, without updates. With `weightedSum`
  /// the loss is the sum of all results, each element times a fixed random number.
  bool checkGradients = false, weightedSum = false;
};

/// Registers every pass of the compiler for pipelines given as text, and the pipelines `nn-to-step`
/// and `step-to-kernels` with the command line's defaults.
void registerPasses();

/// Adds the passes from the stage `from` (exclusive) to `to`. `outcome` receives the plan.
void addPasses(mlir::OpPassManager &manager, const CompileOptions &options, Stage from, Stage to,
               std::shared_ptr<const target::Machine> target, memory::PlanOutcome *outcome);

/// Bytes for training every parameter, without a budget, to compare adapters with.
struct FullTraining {
  int64_t arenaBytes = 0, stateBytes = 0;
};

/// A model in the course of its compilation.
struct Compilation {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::ModuleOp ir() const { return module.get(); }
  std::shared_ptr<const target::Machine> target;
  memory::PlanOutcome outcome;
  std::optional<int64_t> budget;            ///< of the arena, from both limits
  int64_t besideArena = 0;                  ///< see ProcessMemory.h; 0 before Stage::Kernels
  std::optional<FullTraining> fullTraining; ///< with --lora, from Stage::Plan on
};

/// Imports the model and runs all passes up to `stage` (Exec at most). Reports failures. `outcome`,
/// if not null, receives the result of planning even on failure: `result.refusal` is set if only
/// the budget was missed.
mlir::FailureOr<Compilation> compileTo(mlir::MLIRContext &context, const CompileOptions &options,
                                       Stage stage, memory::PlanOutcome *outcome = nullptr);

/// Registers all dialects that a compilation uses.
void registerDialects(mlir::DialectRegistry &registry);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_PIPELINE_H
