//===- StepProblem.cpp - a training step as a planner's problem ---------------===//
#include "passes/memory/StepProblem.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Timelines.h"
#include "dialects/plan/PlanDialect.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::memory;
using planner::ValueId;

/// True for a launch that is a loop nest: it has a number of its own in its body.
static bool isLoop(nn::LaunchOp launch) {
  return llvm::all_of(launch.getOps(), [](Operation &op) {
    return op.hasTrait<nn::Elementwise>() || isa<nn::BroadcastOp, nn::ReduceSumOp>(op);
  });
}

bool plimsoll::memory::needsStorage(nn::ConstantOp constant) {
  auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
  if (!dense || !dense.isSplat())
    return true;
  SmallVector<Operation *> pending(constant->getUsers());
  while (!pending.empty()) {
    Operation *user = pending.pop_back_val();
    if (isa<nn::ReshapeOp>(user))
      pending.append(user->user_begin(), user->user_end());
    else if (auto launch = dyn_cast<nn::LaunchOp>(user); !launch || !isLoop(launch))
      return true;
  }
  return false;
}

FailureOr<StepProblem> StepProblem::extract(ArrayRef<func::FuncOp> timelines) {
  StepProblem result;
  auto module = timelines.front()->getParentOfType<ModuleOp>();
  auto machine = module->getAttrOfType<plan::MachineAttr>(plan::kMachineAttr);
  if (!machine)
    return module.emitError("no kernels are chosen; run choose-kernels first");
  result.alignment = machine.getAlignment();
  LogicalResult status = success();
  for (func::FuncOp function : timelines)
    if (failed(result.addTimeline(function)))
      status = failure();
  if (failed(status))
    return failure();
  return result;
}

ValueId StepProblem::valueId(Value value) const {
  auto it = values.find(nn::viewedValue(value));
  return it == values.end() ? planner::none : it->second;
}

Location StepProblem::location(ValueId value) const {
  for (const auto &[known, id] : values)
    if (id == value)
      return known.getLoc();
  return function(0).getLoc();
}

ValueId StepProblem::residentId(Attribute key) const {
  auto it = residents.find(key);
  return it == residents.end() ? planner::none : it->second;
}

ValueId StepProblem::addValue(Type type, StringRef name, planner::Lifetime lifetime) {
  planner::Value value;
  value.name = name.str();
  value.bytes = nn::tensorBytes(type);
  value.alignment = alignment;
  value.lifetime = lifetime;
  planned.values.push_back(std::move(value));
  primals.push_back(planner::none);
  originals.push_back(planner::none);
  return static_cast<ValueId>(planned.values.size() - 1);
}

ValueId StepProblem::resident(Attribute key, Type type, StringRef name) {
  auto [it, isNew] = residents.try_emplace(key, planner::none);
  if (isNew)
    it->second = addValue(type, name, planner::Lifetime::Resident);
  return it->second;
}

/// Completes `error`, whose op uses what `update` wrote.
static LogicalResult refuseUpdated(InFlightDiagnostic error, Operation *update) {
  error << " what an update wrote, which only nn.store may read";
  error.attachNote(update->getLoc()) << "the update" << nn::inNode(update->getLoc());
  return error;
}

LogicalResult StepProblem::addTimeline(func::FuncOp function) {
  planner::Timeline timeline;
  timeline.name = function.getName().str();
  if (nn::TimelineAttr attribute = nn::timelineOf(function))
    timeline.weight = static_cast<double>(attribute.getWeight());
  functions.push_back(function);
  operations.emplace_back();
  for (BlockArgument argument : function.getArguments()) {
    StringRef name = nn::argumentName(function, argument.getArgNumber());
    ValueId id =
        addValue(argument.getType(), name.empty() ? "input" : name, planner::Lifetime::Transient);
    values[argument] = id;
    timeline.liveAtStart.push_back(id);
  }
  LogicalResult status = success();
  for (Operation &op : function.getBody().front()) {
    if (auto load = dyn_cast<nn::LoadOp>(op))
      values[load] = resident(load.getSymbolAttr(), load.getType(), load.getSymbol());
    else if (auto constant = dyn_cast<nn::ConstantOp>(op); constant && needsStorage(constant))
      values[constant] = resident(constant.getValue(), constant.getType(), "constant");
    else if (auto launch = dyn_cast<nn::LaunchOp>(op);
             launch && failed(addLaunch(launch, timeline)))
      status = failure();
    else if (nn::isOutsideLaunch(&op))
      status = op.emitError("is part of no launch; run nn-form-launches first");
  }
  if (failed(status))
    return failure();
  for (Value result : function.getBody().front().getTerminator()->getOperands()) {
    ValueId id = valueId(result);
    if (id == planner::none)
      return refuseUpdated(function.emitError("returns"), nn::viewedValue(result).getDefiningOp());
    if (planned.values[id].lifetime == planner::Lifetime::Transient &&
        !llvm::is_contained(timeline.liveAtEnd, id))
      timeline.liveAtEnd.push_back(id);
  }
  for (planner::Op &op : timeline.ops) // what the results need must not be written over
    std::erase_if(op.inPlace, [&](const planner::InPlacePair &pair) {
      return llvm::is_contained(timeline.liveAtEnd, pair.input);
    });
  planned.timelines.push_back(std::move(timeline));
  return success();
}

/// Returns the parameter, as `launch` reads it, that `result` of its body converts to another type
/// and perhaps transposes; null if it is anything else.
static Value castParameter(nn::LaunchOp launch, OpResult result) {
  bool isCast = false;
  Value value = result;
  for (Operation *op = value ? value.getDefiningOp() : nullptr;
       isa_and_nonnull<nn::CastOp, nn::TransposeOp, nn::ReshapeOp>(op);
       op = value.getDefiningOp()) {
    isCast |= isa<nn::CastOp>(op);
    value = op->getOperand(0);
  }
  auto argument = dyn_cast_or_null<BlockArgument>(value);
  if (!isCast || !argument)
    return {};
  Value read = launch.getOperand(argument.getArgNumber());
  return nn::viewedValue(read).getDefiningOp<nn::LoadOp>() ? read : Value();
}

LogicalResult StepProblem::addLaunch(nn::LaunchOp op, planner::Timeline &timeline) {
  auto launch = op->getAttrOfType<plan::LaunchAttr>(plan::kLaunchAttr);
  if (!launch)
    return op.emitError("no kernel is chosen for it; run choose-kernels first");
  planner::Op planned;
  planned.name = nn::describe(op.getLoc());
  if (planned.name.empty())
    planned.name = nn::describe(op.getLastOp());
  planned.alternatives = {
      {launch.getWorkspace(), alignment, launch.getSeconds().getValueAsDouble()}};
  for (Value operand : op->getOperands())
    if (auto writer = nn::viewedValue(operand).getDefiningOp<nn::LaunchOp>();
        writer && writer.overwritesOperands())
      return refuseUpdated(op->emitError("reads"), writer);
  for (Value operand : op->getOperands())
    if (ValueId id = valueId(operand);
        id != planner::none && !llvm::is_contained(planned.reads, id))
      planned.reads.push_back(id);
  if (op.overwritesOperands()) {
    planned.recomputable = false;
    planned.asSoonAsPossible = true;
    SmallVector<nn::InPlacePair> pairs = op.getInPlacePairs();
    for (OpResult result : op->getResults())
      if (llvm::none_of(
              pairs, [&](nn::InPlacePair pair) { return pair.result == result.getResultNumber(); }))
        return op->emitError("overwrites its operands, but not with its result ")
               << result.getResultNumber() << ", which so has no bytes";
    for (nn::InPlacePair pair : pairs) {
      ValueId id = valueId(op->getOperand(pair.operand));
      if (id == planner::none || this->planned.values[id].lifetime != planner::Lifetime::Resident)
        return op->emitError("operand ") << pair.operand << " is overwritten, and is no parameter "
                                         << "or state as it was before the step";
      planned.overwrites.push_back({id, planner::none});
    }
    for (nn::GradientPair pair : op.getGradients())
      if (ValueId id = valueId(op->getOperand(pair.gradient)); id != planner::none)
        primals[id] = valueId(op->getOperand(pair.of));
  } else {
    for (OpResult result : op->getResults()) {
      OpResult maker = op.getMaker(result.getResultNumber());
      ValueId id = addValue(result.getType(), maker ? nn::describe(maker.getOwner()) : planned.name,
                            planner::Lifetime::Transient);
      values[result] = id;
      planned.writes.push_back(id);
      if (Value parameter = castParameter(op, maker))
        originals[id] = valueId(parameter);
    }
    addInPlace(op, planned);
  }
  operations.back().push_back(op);
  timeline.ops.push_back(std::move(planned));
  return success();
}

/// True if `value` is also an operand that result `result` may not be written over: the kernel
/// could read that operand after the write.
bool StepProblem::readsElsewhere(Operation *op, ValueId value, unsigned result,
                                 ArrayRef<nn::InPlacePair> pairs) const {
  return llvm::any_of(llvm::enumerate(op->getOperands()), [&](auto operand) {
    return valueId(operand.value()) == value && llvm::none_of(pairs, [&](nn::InPlacePair pair) {
             return pair.result == result && pair.operand == operand.index();
           });
  });
}

void StepProblem::addInPlace(nn::LaunchOp op, planner::Op &planned) {
  SmallVector<nn::InPlacePair> pairs = op.getInPlacePairs();
  for (nn::InPlacePair pair : pairs) {
    ValueId input = valueId(op->getOperand(pair.operand));
    if (readsElsewhere(op, input, pair.result, pairs))
      continue;
    ValueId output = valueId(op->getResult(pair.result));
    if (input == planner::none ||
        this->planned.values[input].lifetime != planner::Lifetime::Transient)
      continue;
    bool known = llvm::any_of(planned.inPlace, [&](const planner::InPlacePair &other) {
      return other.input == input && other.output == output;
    });
    if (!known)
      planned.inPlace.push_back({input, output, false});
  }
}
