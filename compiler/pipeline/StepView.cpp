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
    : planned(outcome), operations(timeline().ops.size()),
      phases(timeline().ops.size(), nn::Phase::forward),
      writers(problem().values.size(), planner::none), types(problem().values.size()),
      kinds(valueKinds(outcome)), primals(problem().values.size()) {
  for (auto [id, op] : llvm::enumerate(timeline().ops))
    for (ValueId value : op.writes)
      writers[value] = static_cast<OpId>(id);
  collectOperations(module);
  collectTypes(module);
  readPhases();
  readGradients();
}

/// Assigns ops to the planner's operations: launches are in the order of the plan's events (see
/// ApplyPlan).
void StepView::collectOperations(ModuleOp module) {
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
    if (event.instance == 0) // what it computes, whose results are the launch's
      operations[event.op] = launch.getSingleOp();
  }
}

void StepView::collectTypes(ModuleOp module) {
  for (auto [id, op] : llvm::enumerate(timeline().ops))
    for (auto [index, value] : llvm::enumerate(op.writes))
      if (Operation *operation = operations[id]; operation && index < operation->getNumResults())
        types[value] = dyn_cast<RankedTensorType>(operation->getResult(index).getType());
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
  for (auto [phase, op] : llvm::zip(phases, operations))
    if (op)
      phase = nn::phaseOf(op->getLoc());
}

/// Reads what values are gradients of: of a parameter, by the operand of its update, or of a
/// forward value, by what autodiff recorded.
void StepView::readGradients() {
  for (size_t value = 0; value < primals.size(); ++value)
    if (planned.gradientOf[value] != planner::none)
      primals[value].push_back(planned.gradientOf[value]);
  llvm::DenseMap<int64_t, ValueId> numbered; // forward values
  for (auto [planned, op] : llvm::zip(timeline().ops, operations))
    if (std::optional<unsigned> first = op ? nn::valuesOf(op->getLoc()) : std::nullopt)
      for (auto [index, value] : llvm::enumerate(planned.writes))
        numbered[int64_t(*first) + index] = value;
  for (auto [planned, op] : llvm::zip(timeline().ops, operations)) {
    if (!op)
      continue;
    for (const nn::GradientOf &gradient : nn::gradientsOf(op->getLoc()))
      if (auto primal = numbered.find(gradient.value);
          primal != numbered.end() && gradient.result < planned.writes.size())
        primals[planned.writes[gradient.result]].push_back(primal->second);
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

/// Returns "result", "backward pass", or whatever else distinguishes the value from others of its
/// node.
std::string StepView::role(ValueId value) const {
  OpId writer = writers[value];
  Operation *op = operations[writer];
  if (phases[writer] != nn::Phase::forward || !op)
    return phases[writer] == nn::Phase::forward ? "result" : "backward pass";
  unsigned index =
      llvm::find(timeline().ops[writer].writes, value) - timeline().ops[writer].writes.begin();
  std::string text = "result";
  if (index > 0)
    if (auto named = dyn_cast<OpAsmOpInterface>(op))
      named.getAsmResultNames([&](Value result, StringRef name) {
        if (cast<OpResult>(result).getResultNumber() == index)
          text = name.str();
      });
  if (index > 0 && text == "result")
    text += " " + std::to_string(index + 1);
  for (auto [id, other] : llvm::enumerate(timeline().ops)) // the node has several launches
    if (phases[id] == nn::Phase::forward && OpId(id) != writer &&
        other.name == timeline().ops[writer].name && llvm::is_contained(other.reads, value))
      text = "intermediate " + op->getName().stripDialect().str();
  return text;
}

std::string StepView::launchTitle(size_t position) const {
  const planner::Event &event = plan().events[position];
  if (event.op < 0)
    return event.kind == planner::EventKind::Wait ? "wait" : "copy";
  std::string text = timeline().ops[event.op].name;
  if (Operation *op = operations[event.op])
    text = op->getName().getStringRef().str() + " of " + text;
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
