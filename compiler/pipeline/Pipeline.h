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

/// How far to go: each stage is the text or file that `--emit` stops at.
enum class Stage { NN, Step, Kernels, Plan, Exec, Source, Library, Binary };

/// Adapters on frozen weights: `--lora=REGEX,rank=8,alpha=16,dropout=0.1`.
struct LoraOptions {
  std::string modules; ///< regular expression of the weights to adapt
  int64_t rank = 8;
  double alpha = 16;
  double dropout = 0; ///< of what they read
};

/// Learning from a second model: `--teacher=MODEL,weight=0.5,temperature=2,output=NAME`.
struct TeacherOptions {
  std::string model;
  double weight = 0.5; ///< share of the loss
  double temperature = 1;
  std::string output; ///< of both models; empty: the one that the loss reads
};

/// Who writes the inputs of a program: a data source, whose rows are those of every input; a host
/// by the C interface; or one of them, as far as is known.
enum class Feed { ByHost, ByEither, ByData };

struct CompileOptions {
  frontend::ModelOptions model;
  prepare::Recipe recipe;
  /// Regular expressions of inputs that a data source gives whole in each step, by their whole
  /// names; and who gives the others.
  std::vector<std::string> whole;
  Feed feed = Feed::ByHost;
  prepare::LossSpec loss;
  codegen::OptimizerSettings optimizer;
  std::optional<LoraOptions> lora;
  std::optional<TeacherOptions> teacher;
  std::optional<autodiff::Clipping> clipping; ///< of gradients
  int64_t accumulate = 1;                     ///< micro-batches of one update
  std::vector<std::string> dropout; ///< REGEX=p: dropout behind nodes and modules of that name
  std::string target = "cpu";
  std::string precision = "f32"; ///< of the factors of matrix products
  std::string device; ///< of predicted times: a file or a built-in name; empty: the target's
  int threads = 0;    ///< 0: all cores of this machine
  int64_t steps = 0;  ///< whose predicted time the summary tells; 0: of one alone
  std::optional<int64_t> memory;      ///< bytes of the arena
  std::optional<int64_t> memoryTotal; ///< of the process: arena and what is beside it
  planner::Options planning; ///< but for the budget, which is known only behind the kernels
  bool keepGradients = false;
  bool poison = false;
  uint64_t seed = 0;     ///< of drawn weights
  std::string scaleRule; ///< for tests of the tests
  /// For tests of operators: no training step, only the forward pass; with the gradients of a
  /// weighted sum of its results with respect to its inputs.
  bool forwardOnly = false, inputGradients = false;
  /// For checks of gradients: the loss and its gradients in f64, without updates. `weightedSum`
  /// takes for the loss all results, each element times a fixed random number.
  bool checkGradients = false, weightedSum = false;
};

/// Registers every pass of the compiler for pipelines that are text, and `nn-to-step` and
/// `step-to-kernels`, the pipelines of the command line's defaults.
void registerPasses();

/// Adds every pass from `from` (exclusive) to `to`; for a module that is at `from`.
/// `outcome` receives the plan.
void addPasses(mlir::OpPassManager &manager, const CompileOptions &options, Stage from, Stage to,
               std::shared_ptr<const target::Machine> target, memory::PlanOutcome *outcome);

/// What training every parameter would take, to compare adapters with; unconstrained.
struct FullTraining {
  int64_t arenaBytes = 0, stateBytes = 0;
};

/// A model on its way.
struct Compilation {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::shared_ptr<const target::Machine> target;
  memory::PlanOutcome outcome;
  std::optional<int64_t> budget;            ///< of the arena, from both limits
  int64_t besideArena = 0;                  ///< see ProcessMemory.h; 0 before Stage::Kernels
  std::optional<FullTraining> fullTraining; ///< with --lora, from Stage::Plan on
};

/// Imports the model and runs all passes up to `stage` (Exec at most). Failures have been
/// reported. `outcome`, if given, receives what planning found even where it fails: its
/// `result.refusal` tells whether only the budget was missed.
mlir::FailureOr<Compilation> compileTo(mlir::MLIRContext &context, const CompileOptions &options,
                                       Stage stage, memory::PlanOutcome *outcome = nullptr);

/// Registers all dialects that a compilation uses.
void registerDialects(mlir::DialectRegistry &registry);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_PIPELINE_H
