//===- Pipeline.cpp - from a model file to a training program -------------------===//
#include "compiler/pipeline/Pipeline.h"
#include "compiler/pipeline/ProcessMemory.h"
#include "compiler/pipeline/RowInputs.h"
#include "compiler/pipeline/Teacher.h"
#include "dialects/exec/ExecDialect.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/plan/PlanDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "passes/autodiff/Passes.h"
#include "passes/dimensions/Passes.h"
#include "passes/fuse/Passes.h"
#include "passes/kernels/Passes.h"
#include "passes/lower/Passes.h"
#include "passes/precision/Passes.h"
#include "passes/prepare/LossSpec.h"
#include "passes/prepare/Passes.h"
#include <thread>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::pipeline;

void plimsoll::pipeline::registerDialects(DialectRegistry &registry) {
  registry.insert<nn::NNDialect, plan::PlanDialect, exec::ExecDialect, func::FuncDialect,
                  arith::ArithDialect, math::MathDialect>();
}

/// Returns the settings of autodiff.
static autodiff::BuildStepPassOptions stepOptions(const CompileOptions &options) {
  autodiff::BuildStepPassOptions step;
  step.accumulate = options.accumulate;
  step.keepGradients = options.keepGradients;
  step.scaleRule = options.scaleRule;
  return step;
}

static planner::Options planOptions(const CompileOptions &options) {
  planner::Options plan = options.planning;
  plan.budget = options.memory;
  return plan;
}

/// Adds the passes for adapters and for learning from a teacher.
static void addFineTuning(OpPassManager &manager, const CompileOptions &options) {
  if (options.lora)
    manager.addPass(prepare::createAttachLoraPass(
        {options.lora->modules, options.lora->rank, options.lora->alpha, options.lora->dropout}));
  if (!options.teacher)
    return;
  const std::string &output =
      options.teacher->output.empty() ? options.loss.output : options.teacher->output;
  manager.addPass(
      prepare::createAttachTeacherPass({options.teacher->weight, options.teacher->temperature,
                                        output, options.loss.axis.value_or(0)}));
}

/// Adds the passes for the loss in f64 with its gradients, without updates.
static void addCheck(OpPassManager &manager, const CompileOptions &options) {
  addFineTuning(manager, options);
  manager.addPass(prepare::createAttachLossPass(options.weightedSum ? std::nullopt
                                                                    : std::optional(options.loss)));
  manager.addPass(prepare::createWidenPass());
  manager.addPass(autodiff::createBuildCheckPass({options.weightedSum, options.scaleRule}));
}

static void addStep(OpPassManager &manager, const CompileOptions &options) {
  OpPassManager &forward = manager.nest<func::FuncOp>();
  forward.addPass(prepare::createSimplifyPass());
  if (!options.forwardOnly) {
    forward.addPass(prepare::createRaiseGeluPass());
    forward.addPass(prepare::createRaiseLayerNormPass());
    forward.addPass(prepare::createRaiseRotaryPass());
    forward.addPass(prepare::createRaiseAttentionPass());
    forward.addPass(prepare::createSimplifyPass());
  }
  if (options.forwardOnly) {
    manager.addPass(autodiff::createBuildForwardPass({options.inputGradients, options.scaleRule}));
  } else if (options.checkGradients) {
    addCheck(manager, options);
  } else {
    addFineTuning(manager, options);
    manager.addPass(prepare::createAttachLossPass(std::optional(options.loss)));
    manager.addPass(
        autodiff::createBuildStepPass(stepOptions(options), options.optimizer, options.clipping));
  }
  manager.addNestedPass<func::FuncOp>(prepare::createSimplifyPass());
  if (options.precision == "bf16")
    manager.addNestedPass<func::FuncOp>(precision::createAssignPrecisionPass());
  manager.addNestedPass<func::FuncOp>(createCSEPass());
}

static void addKernels(OpPassManager &manager, const CompileOptions &options) {
  if (options.fuseLoops) {
    fuse::ChunkLossesPassOptions chunks;
    if (options.chunkRows)
      chunks = {.rows = *options.chunkRows, .bytes = 0};
    manager.addNestedPass<func::FuncOp>(fuse::createChunkLossesPass(chunks));
  }
  manager.addNestedPass<func::FuncOp>(createCSEPass()); // not behind: it would undo repetitions
  if (options.fuseLoops)
    manager.addNestedPass<func::FuncOp>(fuse::createChooseSavedPass());
  manager.addNestedPass<func::FuncOp>(fuse::createFormLaunchesPass({options.fuseLoops}));
}

void plimsoll::pipeline::addPasses(OpPassManager &manager, const CompileOptions &options,
                                   Stage from, Stage to,
                                   std::shared_ptr<const target::Machine> target,
                                   memory::PlanOutcome *outcome) {
  auto between = [&](Stage stage) { return from < stage && stage <= to; };
  if (between(Stage::Step))
    addStep(manager, options);
  if (between(Stage::Kernels)) {
    addKernels(manager, options);
    manager.addPass(kernels::createChooseKernelsPass(target));
  }
  if (between(Stage::Plan))
    manager.addPass(memory::createPlanMemoryPass(planOptions(options), outcome));
  if (between(Stage::Exec)) {
    manager.addPass(lower::createLowerToExecPass());
    if (options.poison)
      manager.addNestedPass<exec::ProgramOp>(lower::createPoisonPass());
    manager.addNestedPass<exec::ProgramOp>(lower::createVerifyPlanPass(target.get()));
  }
}

/// Returns the target of `choose-kernels` that `request` describes; null after setting `error` if
/// there is none.
static std::shared_ptr<const kernels::Target> makeTarget(const kernels::TargetRequest &request,
                                                         std::string &error) {
  if (request.target.empty())
    return std::make_shared<kernels::Target>();
  return target::Machine::create(request.target, static_cast<int>(request.threads),
                                 request.precision, request.device, error);
}

/// Registers the steps from one stage's text to the next that are more than one pass, with the
/// command line's defaults.
static void registerStages() {
  PassPipelineRegistration<>("nn-to-step", "the training step of a model",
                             [](OpPassManager &manager) { addStep(manager, CompileOptions()); });
  PassPipelineRegistration<>("step-to-kernels", "the launches of a step; choose-kernels follows",
                             [](OpPassManager &manager) { addKernels(manager, CompileOptions()); });
}

void plimsoll::pipeline::registerPasses() {
  dimensions::registerDimensionsPasses();
  prepare::registerPreparePasses();
  autodiff::registerAutodiffPasses();
  precision::registerPrecisionPasses();
  fuse::registerFusePasses();
  lower::registerLowerPasses();
  kernels::registerChooseKernelsPass(makeTarget);
  memory::registerMemoryPasses();
  registerCSEPass();
  registerCanonicalizerPass();
  registerStages();
}

/// Sets the bytes that the arena may have: the smaller of both limits. Fails if nothing is left for
/// it.
static LogicalResult setBudget(Compilation &compilation, const CompileOptions &options) {
  compilation.besideArena = bytesBesideArena(*compilation.module, *compilation.target);
  compilation.budget = options.memory;
  if (!options.memoryTotal)
    return success();
  int64_t left = *options.memoryTotal - compilation.besideArena;
  compilation.budget = std::min(left, options.memory.value_or(left));
  if (left > 0)
    return success();
  compilation.outcome.result.refusal = planner::Refusal();
  return compilation.module->emitError("no plan fits in ")
         << *options.memoryTotal << " bytes for the whole process: beside its arena it takes "
         << compilation.besideArena << " bytes (measured: program, libraries, stacks, data on its "
         << "way)";
}

/// Inserts dropout into the freshly imported model: all names still exist, and a teacher's do not
/// exist yet.
static LogicalResult insertDropout(ModuleOp module, const CompileOptions &options) {
  prepare::InsertDropoutPassOptions dropout;
  dropout.rules.assign(options.dropout.begin(), options.dropout.end());
  PassManager manager(module.getContext());
  manager.enableVerifier(false);
  manager.addNestedPass<func::FuncOp>(prepare::createInsertDropoutPass(dropout));
  return manager.run(module);
}

static LogicalResult runPasses(Compilation &compilation, const CompileOptions &options,
                               Stage stage) {
  auto run = [&](Stage from, Stage to, const CompileOptions &with) {
    PassManager manager(compilation.module->getContext());
    manager.enableVerifier(false); // each pass makes valid ops; the result is verified once at the
                                   // end
    addPasses(manager, with, from, to, compilation.target, &compilation.outcome);
    return manager.run(*compilation.module);
  };
  if (failed(run(Stage::NN, std::min(stage, Stage::Step), options)))
    return failure();
  if (stage >= Stage::Step && failed(settleInputs(*compilation.module, options)))
    return failure();
  if (failed(run(Stage::Step, std::min(stage, Stage::Kernels), options)))
    return failure();
  if (stage < Stage::Plan)
    return success();
  if (failed(setBudget(compilation, options)))
    return failure();
  CompileOptions within = options;
  within.memory = compilation.budget;
  return run(Stage::Kernels, stage, within);
}

/// Plans `model`, which has no adapters yet, with every parameter trained. Its diagnostics would
/// repeat those of the compilation itself. Returns nothing if it cannot be planned.
static std::optional<FullTraining> planFullTraining(Compilation model, CompileOptions options) {
  options.lora = std::nullopt;
  options.memory = options.memoryTotal = std::nullopt;
  options.planning.fullFrontier = false;
  ScopedDiagnosticHandler silent(model.ir().getContext(), [](Diagnostic &) { return success(); });
  if (failed(runPasses(model, options, Stage::Plan)))
    return std::nullopt;
  FullTraining result{model.outcome.result.solution.arenaBytes, 0};
  for (auto state : model.ir().getOps<nn::StateOp>())
    result.stateBytes += nn::tensorBytes(state.getType());
  return result;
}

FailureOr<Compilation> plimsoll::pipeline::compileTo(MLIRContext &context,
                                                     const CompileOptions &options, Stage stage,
                                                     memory::PlanOutcome *outcome) {
  Compilation compilation;
  Location unknown = UnknownLoc::get(&context);
  int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  std::string error;
  compilation.target =
      target::Machine::create(options.target, options.threads > 0 ? options.threads : cores,
                              options.precision, options.device, error);
  if (!compilation.target)
    return emitError(unknown, error);
  frontend::ModelOptions model = options.model;
  model.parameters = options.recipe.trainable;
  model.untrained = options.recipe.freeze;
  compilation.module = frontend::frontEndOf(model.path).read(&context, model);
  if (!compilation.module || failed(prepare::assignRecipe(*compilation.module, options.recipe)))
    return failure();
  if (!options.dropout.empty() && failed(insertDropout(*compilation.module, options)))
    return failure();
  if (options.teacher && failed(addTeacher(*compilation.module, options)))
    return failure();
  Compilation withoutAdapters;
  if (options.lora && stage >= Stage::Plan) {
    withoutAdapters.target = compilation.target;
    withoutAdapters.module = compilation.ir().clone();
  }
  LogicalResult result = runPasses(compilation, options, std::min(stage, Stage::Exec));
  if (outcome)
    *outcome = compilation.outcome;
  if (failed(result) || failed(verify(*compilation.module)))
    return failure();
  if (withoutAdapters.module)
    compilation.fullTraining = planFullTraining(std::move(withoutAdapters), options);
  return compilation;
}
