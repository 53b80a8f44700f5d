//===- Summary.cpp - the summary of a plan ----------------------------------------===//
#include "compiler/pipeline/Summary.h"
#include "compiler/codegen/CppText.h"
#include "compiler/pipeline/Bytes.h"
#include "compiler/pipeline/ValueKinds.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/plan/PlanDialect.h"
#include "passes/autodiff/Optimizers.h"
#include "passes/prepare/ParameterTable.h"
#include "plimsoll/Shown.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::pipeline;

/// Counts the adapters: with --lora they are all that is trained.
static void addAdapters(ModuleOp module, Summary &summary) {
  if (!module->hasAttr(nn::kLoraAlphaAttr))
    return;
  for (auto parameter : module.getOps<nn::ParameterOp>())
    if (parameter.getTrainable()) {
      ++summary.adapterTensors;
      summary.adapterCount += parameter.getTensorType().getNumElements();
    }
}

static void addResidents(ModuleOp module, Summary &summary) {
  for (auto parameter : module.getOps<nn::ParameterOp>()) {
    if (!parameter->hasAttr(plan::kPlaceAttr))
      continue;
    summary.parameterBytes += nn::tensorBytes(parameter.getType());
    summary.parameterCount += parameter.getTensorType().getNumElements();
    ++summary.parameterTensors;
    if (ArrayAttr aliases = parameter.getAliasesAttr(); aliases && !aliases.empty())
      summary.ties.push_back(parameter.getSymName().str());
    if (std::optional<int64_t> touched = parameter.getTouchedRows())
      summary.sparse.push_back(
          {parameter.getSymName().str(), parameter.getTensorType().getDimSize(0), *touched});
  }
  for (auto state : module.getOps<nn::StateOp>())
    (state.getTransient() ? summary.sumBytes : summary.stateBytes) +=
        nn::tensorBytes(state.getType());
}

/// Describes what the optimizer's states are kept in, unless it is f32.
static void addStates(ModuleOp module, const StateType &type, Summary &summary) {
  summary.state = type.name.str();
  if (type.isExact())
    return;
  int64_t exact = 0;
  for (auto state : module.getOps<nn::StateOp>()) {
    auto tensor = cast<RankedTensorType>(state.getType());
    auto of = module.lookupSymbol<nn::ParameterOp>(state.getOf());
    exact += !state.getTransient() && of && of.getType() == tensor;
  }
  std::string text = "optimizer state in " + type.title.str();
  if (exact > 0)
    text += "; " + std::to_string(exact) + " tensors of fewer than " +
            codegen::grouped(kLeastCoded) + " numbers in f32";
  summary.lossy.push_back(text);
}

/// Returns the sum that the bytes of a value of kind `kind`, which has a life, belong to.
static int64_t &bytesAtPeak(Summary &summary, ValueKind kind) {
  switch (kind) {
  case ValueKind::Gradient:
    return summary.gradientBytesAtPeak;
  case ValueKind::WeightCopy:
    return summary.weightCopyBytesAtPeak;
  default:
    return summary.activationBytesAtPeak;
  }
}

/// Sums the bytes alive at the training timeline's peak by kind.
static void addPeak(const memory::PlanOutcome &outcome, Summary &summary) {
  const planner::TimelinePlan &plan = outcome.plan();
  std::vector<ValueKind> kinds = valueKinds(outcome);
  int32_t peak = std::max(0, plan.peakPosition);
  std::vector<int32_t> ends = countedEnds(plan);
  for (auto [placement, end] : llvm::zip(plan.placements, ends))
    if (placement.from <= peak && peak < end)
      bytesAtPeak(summary, kinds[placement.value]) += outcome.problem.values[placement.value].bytes;
  for (const planner::WorkspacePlacement &workspace : plan.workspaces)
    if (workspace.position == peak)
      summary.workspaceBytesAtPeak += workspace.bytes;
  summary.timelines = timelineRows(outcome);
  const TimelineRow &row = summary.timelines[outcome.shown()];
  summary.launches = row.launches;
  summary.peakLaunch = row.peakLaunch;
  summary.peakNode = row.peakNode;
  summary.recomputed = row.recomputed;
  summary.stepSeconds = outcome.stepSeconds();
  if (row.recomputed > 0)
    summary.recomputedShare = std::max(0.0, outcome.relativeStep(summary.stepSeconds) - 1.0);
}

Summary plimsoll::pipeline::summarize(const Compilation &compilation,
                                      const CompileOptions &options) {
  Summary summary;
  ModuleOp module = compilation.ir();
  summary.model = utf8(llvm::sys::path::filename(options.model.path));
  summary.optimizer = options.optimizer.kind->title.str();
  addStates(module, *options.optimizer.state, summary);
  summary.microBatches = options.accumulate;
  summary.precision = options.precision;
  summary.target = compilation.target->title();
  if (auto classes = module->getAttrOfType<StringAttr>(nn::kClassesAttr))
    summary.classes = classes.str();
  addResidents(module, summary);
  addAdapters(module, summary);
  summary.fullTraining = compilation.fullTraining;
  addPeak(compilation.outcome, summary);
  const planner::Solution &solution = compilation.outcome.result.solution;
  summary.arenaBytes = solution.arenaBytes;
  summary.lowerBound = solution.statistics.orderBound;
  summary.constantBytes = solution.statistics.residentBytes - summary.parameterBytes -
                          summary.stateBytes - summary.sumBytes;
  summary.steps = options.steps;
  summary.anyPlanBound = solution.statistics.planBound;
  const planner::Statistics &statistics = solution.statistics;
  if (double base = statistics.baseCost; base > 0)
    summary.leastShare = std::max(0.0, statistics.costBound - base) / base;
  summary.device = compilation.target->device().device;
  summary.budget = compilation.budget;
  summary.totalBudget = options.memoryTotal;
  summary.besideArena = compilation.besideArena;
  for (const planner::ValueId id : compilation.outcome.timeline().liveAtStart) {
    const planner::Value &value = compilation.outcome.problem.values[id];
    if (value.name != "hyper")
      summary.inputs += (summary.inputs.empty() ? "" : ", ") + value.name;
  }
  return summary;
}

/// Returns a size padded on the left, so that sizes line up.
static std::string column(int64_t bytes) {
  std::string text = mebibytes(bytes);
  return std::string(13 - std::min<size_t>(13, text.size()), ' ') + text;
}

std::string plimsoll::pipeline::toText(const Summary &s) {
  using codegen::grouped;
  std::string text;
  llvm::raw_string_ostream os(text);
  os << shown(s.model) << "  inputs " << shown(s.inputs) << "  "
     << (s.precision == "f32" ? "" : s.precision + " products, ") << "f32  " << s.optimizer << "  "
     << s.target << "\n";
  if (!s.classes.empty())
    os << "  classes       " << s.classes << "\n";
  os << "  parameters  " << column(s.parameterBytes) << "   " << s.parameterTensors << " tensors, "
     << grouped(s.parameterCount) << " numbers";
  for (const std::string &tie : s.ties)
    os << " (" << shown(tie) << " is tied)";
  if (s.adapterTensors > 0)
    os << "\n  adapters    " << std::string(13, ' ') << "   " << s.adapterTensors << " of them, "
       << grouped(s.adapterCount) << " numbers; all else is frozen";
  os << "\n  optimizer   " << column(s.stateBytes) << "\n";
  for (const std::string &what : s.lossy)
    os << "  lossy       " << std::string(13, ' ') << "   " << what << "\n";
  for (const SparseRow &table : s.sparse)
    os << "  sparse      " << std::string(13, ' ') << "   " << shown(table.name)
       << ": a step updates at most " << grouped(table.touched) << " of its " << grouped(table.rows)
       << " rows\n";
  if (s.microBatches > 1)
    os << "  accumulated " << column(s.sumBytes) << "   the gradients of " << s.microBatches
       << " micro-batches a step, added up\n";
  if (s.constantBytes > 0)
    os << "  constants   " << column(s.constantBytes) << "\n";
  os << "  gradients   " << column(s.gradientBytesAtPeak) << "   at the peak, launch "
     << s.peakLaunch << " of " << s.launches << ": " << shown(s.peakNode) << "\n";
  if (s.weightCopyBytesAtPeak > 0)
    os << "  copies      " << column(s.weightCopyBytesAtPeak)
       << "   of weights, in the type that products read, at the peak\n";
  os << "  activations " << column(s.activationBytesAtPeak) << "   at the peak\n";
  os << "  workspace   " << column(s.workspaceBytesAtPeak) << "   at the peak\n";
  os << "  arena       " << column(s.arenaBytes) << "   ";
  if (s.budget)
    os << "of " << llvm::formatv("{0:f1}", *s.budget / 1048576.0) << " MiB allowed; ";
  os << "lower bound for this order " << llvm::formatv("{0:f1}", s.lowerBound / 1048576.0)
     << " MiB\n";
  if (s.fullTraining)
    os << "  saved       " << column(s.fullTraining->arenaBytes - s.arenaBytes)
       << "   against training every parameter, without a budget: arena "
       << mebibytes(s.fullTraining->arenaBytes) << ", optimizer "
       << mebibytes(s.fullTraining->stateBytes) << "\n";
  if (s.totalBudget)
    os << "  process     " << column(s.arenaBytes + s.besideArena) << "   of "
       << llvm::formatv("{0:f1} MiB allowed; {1:f1} MiB of them beside the arena (measured)\n",
                        *s.totalBudget / 1048576.0, s.besideArena / 1048576.0);
  os << "  recomputed  " << llvm::formatv("{0,9:f1}", 100 * s.recomputedShare)
     << " %     of the step's predicted time (" << s.recomputed << " repeated launches";
  if (s.recomputed > 0)
    os << llvm::formatv("; at least {0:f1} % in this order", 100 * s.leastShare);
  os << ")\n  step        " << llvm::formatv("{0,9:f1}", 1e3 * s.stepSeconds)
     << " ms    predicted for " << s.device << "\n";
  if (s.steps > 0) {
    int64_t seconds = std::llround(s.stepSeconds * s.steps);
    os << llvm::formatv(
        "  total       {0,9}:{1,0+2}:{2,0+2}  for {3} steps, evaluation and data apart\n",
        seconds / 3600, seconds / 60 % 60, seconds % 60, grouped(s.steps));
  }
  return text;
}

static llvm::json::Array sparseJson(ArrayRef<SparseRow> tables) {
  llvm::json::Array rows;
  for (const SparseRow &table : tables)
    rows.push_back(llvm::json::Object{
        {"name", table.name}, {"rows", table.rows}, {"touched_rows", table.touched}});
  return rows;
}

llvm::json::Object plimsoll::pipeline::toJson(const Summary &s) {
  llvm::json::Object object{
      {"model", s.model},
      {"optimizer", s.optimizer},
      {"optimizer_state", s.state},
      {"lossy", llvm::json::Array(s.lossy)},
      {"target", s.target},
      {"precision", s.precision},
      {"arena_bytes", s.arenaBytes},
      {"lower_bound_bytes", s.lowerBound},
      {"parameter_bytes", s.parameterBytes},
      {"parameter_tensors", s.parameterTensors},
      {"parameter_count", s.parameterCount},
      {"optimizer_bytes", s.stateBytes},
      {"constant_bytes", s.constantBytes},
      {"gradient_bytes_at_peak", s.gradientBytesAtPeak},
      {"weight_copy_bytes_at_peak", s.weightCopyBytesAtPeak},
      {"activation_bytes_at_peak", s.activationBytesAtPeak},
      {"workspace_bytes_at_peak", s.workspaceBytesAtPeak},
      {"launches", s.launches},
      {"peak_launch", s.peakLaunch},
      {"peak_node", s.peakNode},
      {"recomputed_launches", s.recomputed},
      {"recomputed_share", s.recomputedShare},
      {"recomputed_share_bound", s.leastShare},
      {"step_seconds", s.stepSeconds},
      {"device", s.device},
      {"any_plan_bound_bytes", s.anyPlanBound},
      {"timelines", toJson(s.timelines)},
  };
  if (!s.classes.empty())
    object["classes"] = s.classes;
  if (s.adapterTensors > 0) {
    object["adapter_tensors"] = s.adapterTensors;
    object["adapter_count"] = s.adapterCount;
  }
  if (s.fullTraining) {
    object["full_training_arena_bytes"] = s.fullTraining->arenaBytes;
    object["full_training_optimizer_bytes"] = s.fullTraining->stateBytes;
    object["saved_bytes"] = s.fullTraining->arenaBytes - s.arenaBytes;
  }
  if (!s.sparse.empty())
    object["sparse"] = sparseJson(s.sparse);
  if (s.steps > 0)
    object["total_seconds"] = s.stepSeconds * s.steps;
  if (s.microBatches > 1) {
    object["micro_batches"] = s.microBatches;
    object["accumulated_bytes"] = s.sumBytes;
  }
  if (s.budget)
    object["budget_bytes"] = *s.budget;
  if (s.totalBudget) {
    object["total_budget_bytes"] = *s.totalBudget;
    object["beside_arena_bytes"] = s.besideArena;
  }
  return object;
}

static std::string shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  for (int64_t size : shape)
    text += (text.empty() ? "" : "x") + std::to_string(size);
  return text.empty() ? "scalar" : text;
}

static StringRef kindText(prepare::ParameterRow::Kind kind) {
  switch (kind) {
  case prepare::ParameterRow::Kind::Trained:
    return "trained";
  case prepare::ParameterRow::Kind::Frozen:
    return "frozen";
  case prepare::ParameterRow::Kind::Constant:
    return "constant";
  }
  return "";
}

std::string plimsoll::pipeline::parameterText(ModuleOp module) {
  std::vector<prepare::ParameterRow> rows = prepare::parameterTable(module);
  size_t nameWidth = 9, shapeWidth = 5;
  for (const auto &row : rows) {
    nameWidth = std::max(nameWidth, shown(row.name).size());
    shapeWidth = std::max(shapeWidth, shapeText(row.shape).size());
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  for (const auto &row : rows) {
    os << llvm::left_justify(shown(row.name), nameWidth) << "  "
       << llvm::left_justify(shapeText(row.shape), shapeWidth) << "  "
       << llvm::left_justify(kindText(row.kind), 8) << "  " << (row.decayed ? "decayed" : "       ")
       << "  " << shown(row.source) << (row.source.empty() ? "" : "  ") << shown(row.reason);
    if (row.decay)
      os << llvm::format("; decay %g", *row.decay);
    if (row.lrScale)
      os << llvm::format("; %g x lr", *row.lrScale);
    os << (row.sparse ? "; sparse" : "");
    for (const std::string &alias : row.aliases)
      os << "; also " << shown(alias);
    os << "\n";
  }
  return text;
}

llvm::json::Array plimsoll::pipeline::parameterJson(ModuleOp module) {
  llvm::json::Array rows;
  for (const auto &row : prepare::parameterTable(module)) {
    llvm::json::Object object{{"name", row.name},
                              {"shape", llvm::json::Array(row.shape)},
                              {"kind", kindText(row.kind)},
                              {"decayed", row.decayed},
                              {"reason", row.reason},
                              {"source", row.source},
                              {"aliases", llvm::json::Array(row.aliases)}};
    if (row.decay)
      object["decay"] = *row.decay;
    if (row.lrScale)
      object["lr_scale"] = *row.lrScale;
    if (row.sparse)
      object["sparse"] = true;
    rows.push_back(std::move(object));
  }
  return rows;
}
