//===- StepView.cpp - a planned training step, for looking things up ---------------===//
#include "compiler/pipeline/StepView.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/memory/StepProblem.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::pipeline;
using planner::OpId;
using planner::ValueId;

StepView::StepView(ModuleOp module, const memory::PlanOutcome &outcome)
    : planned(outcome), launches(timeline().ops.size()), results(problem().values.size()),
      phases(timeline().ops.size(), nn::Phase::forward),
      writers(problem().values.size(), planner::none), types(problem().values.size()),
      kinds(valueKinds(outcome)), primals(problem().values.size()) {
  for (auto [id, op] : llvm::enumerate(timeline().ops))
    for (ValueId value : op.writes)
      writers[value] = static_cast<OpId>(id);
  collectLaunches(module);
  collectTypes(module);
  readPhases();
  readGradients();
}

/// Assigns launches to the planner's operations: they are in the order of the plan's events (see
/// ApplyPlan).
void StepView::collectLaunches(ModuleOp module) {
  auto train = module.lookupSymbol<func::FuncOp>(timeline().name);
  if (!train)
    return;
  size_t position = 0;
  for (auto launch : train.getBody().front().getOps<nn::LaunchOp>()) {
    while (position < plan().events.size() &&
           plan().events[position].kind != planner::EventKind::Run)
      ++position;
    if (position == plan().events.size())
      return;
    const planner::Event &event = plan().events[position++];
    if (event.instance != 0)
      continue;
    launches[event.op] = launch;
    for (auto [index, value] : llvm::enumerate(timeline().ops[event.op].writes))
      results[value] = launch.getMaker(index);
  }
}

void StepView::collectTypes(ModuleOp module) {
  for (auto [id, op] : llvm::enumerate(timeline().ops))
    for (auto [index, value] : llvm::enumerate(op.writes))
      if (nn::LaunchOp launch = launches[id])
        types[value] = cast<RankedTensorType>(launch.getResult(index).getType());
  if (auto train = module.lookupSymbol<func::FuncOp>(timeline().name))
    for (auto [value, argument] : llvm::zip(timeline().liveAtStart, train.getArguments()))
      types[value] = dyn_cast<RankedTensorType>(argument.getType());
  for (auto [id, value] : llvm::enumerate(problem().values)) {
    if (value.lifetime != planner::Lifetime::Resident)
      continue;
    Operation *symbol = module.lookupSymbol(value.name);
    if (auto parameter = dyn_cast_or_null<nn::ParameterOp>(symbol))
      types[id] = parameter.getTensorType();
    else if (auto state = dyn_cast_or_null<nn::StateOp>(symbol))
      types[id] = dyn_cast<RankedTensorType>(state.getType());
  }
}

void StepView::readPhases() {
  for (auto [phase, launch] : llvm::zip(phases, launches))
    if (launch)
      phase = nn::phaseOf(launch.getLoc());
}

/// Reads what values are gradients of: of a parameter, by the operand of its update, or of a
/// forward value, by what autodiff recorded.
void StepView::readGradients() {
  for (size_t value = 0; value < primals.size(); ++value)
    if (planned.gradientOf[value] != planner::none)
      primals[value].push_back(planned.gradientOf[value]);
  llvm::DenseMap<int64_t, ValueId> numbered; // forward values
  for (auto [value, result] : llvm::enumerate(results))
    if (std::optional<unsigned> first = result ? nn::valuesOf(result.getLoc()) : std::nullopt)
      numbered[int64_t(*first) + result.getResultNumber()] = value;
  for (auto [value, result] : llvm::enumerate(results)) {
    if (!result)
      continue;
    for (const nn::GradientOf &gradient : nn::gradientsOf(result.getLoc()))
      if (auto primal = numbered.find(gradient.value);
          primal != numbered.end() && gradient.result == result.getResultNumber())
        primals[value].push_back(primal->second);
  }
}

std::string StepView::title(ValueId value) const {
  const std::string &name = problem().values[value].name;
  if (kinds[value] == ValueKind::Input)
    return name == "hyper" ? "scalars of the step (learning rate and such)" : "input " + name;
  if (kinds[value] == ValueKind::Resident)
    return name;
  if (!primals[value].empty())
    return "gradient of " + problem().values[primals[value].front()].name;
  return role(value) + " of " + name;
}

/// True if the launch computes a part of the node that `name` describes.
static bool hasOpOf(nn::LaunchOp launch, StringRef name) {
  return llvm::any_of(launch.getOps(), [&](Operation &op) { return nn::describe(&op) == name; });
}

/// Returns "result", "backward pass", or whatever else distinguishes the value from others of its
/// node.
std::string StepView::role(ValueId value) const {
  OpId writer = writers[value];
  OpResult result = results[value];
  if (phases[writer] != nn::Phase::forward || !result)
    return phases[writer] == nn::Phase::forward ? "result" : "backward pass";
  unsigned index = result.getResultNumber();
  std::string text = "result";
  if (index > 0)
    if (auto named = dyn_cast<OpAsmOpInterface>(result.getOwner()))
      named.getAsmResultNames([&](Value result, StringRef name) {
        if (cast<OpResult>(result).getResultNumber() == index)
          text = name.str();
      });
  if (index > 0 && text == "result")
    text += " " + std::to_string(index + 1);
  for (auto [id, other] : llvm::enumerate(timeline().ops))
    if (phases[id] == nn::Phase::forward && OpId(id) != writer && launches[id] &&
        llvm::is_contained(other.reads, value) &&
        hasOpOf(launches[id], problem().values[value].name))
      text = "intermediate " + result.getOwner()->getName().stripDialect().str();
  return text;
}

std::string StepView::launchTitle(size_t position) const {
  const planner::Event &event = plan().events[position];
  if (event.op < 0)
    return event.kind == planner::EventKind::Wait ? "wait" : "copy";
  std::string text = timeline().ops[event.op].name;
  if (nn::LaunchOp launch = launches[event.op])
    text = launch.describeOps() + " of " + text;
  if (event.instance > 0)
    text += " (again)";
  return text;
}

std::vector<const planner::Placement *> StepView::lives(ValueId value) const {
  std::vector<const planner::Placement *> result;
  for (const planner::Placement &placement : plan().placements)
    if (placement.value == value)
      result.push_back(&placement);
  llvm::sort(result, [](const auto *a, const auto *b) { return a->instance < b->instance; });
  return result;
}

std::vector<int32_t> StepView::readers(ValueId value, int32_t instance) const {
  std::vector<int32_t> positions;
  for (auto [position, event] : llvm::enumerate(plan().events)) {
    if (event.op < 0)
      continue;
    const std::vector<ValueId> &reads = timeline().ops[event.op].reads;
    for (auto [read, made] : llvm::zip(reads, event.reads))
      if (read == value && made == instance)
        positions.push_back(static_cast<int32_t>(position));
  }
  return positions;
}

int32_t StepView::maker(ValueId value, int32_t instance) const {
  for (auto [position, event] : llvm::enumerate(plan().events))
    if (event.op >= 0 && event.op == writers[value] && event.instance == instance)
      return static_cast<int32_t>(position);
  return planner::none;
}
