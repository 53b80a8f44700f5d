//===- ApplyPlan.cpp - write a plan into the training step --------------------===//
//
// A plan is a sequence of operation instances and an offset for every value. This makes the
// timelines match it: it moves ops into the sequence's order, clones the recomputed ones (marked,
// so that CSE leaves them alone), and puts a `plan.place` on every result. It decides nothing.
//===----------------------------------------------------------------------===//
#include "passes/memory/ApplyPlan.h"
#include "dialects/plan/PlanDialect.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::memory;
using planner::ValueId;

namespace {

/// Rewrites one timeline.
class TimelineWriter {
public:
  TimelineWriter(const StepProblem &step, unsigned timeline, const planner::Solution &solution)
      : step(step), timeline(timeline), plan(solution.timelines[timeline]),
        function(step.function(timeline)), builder(function.getContext()),
        terminator(function.getBody().front().getTerminator()) {
    for (const planner::Placement &placement : plan.placements)
      offsets[{placement.value, placement.instance}] = placement.offset;
    for (const planner::WorkspacePlacement &workspace : plan.workspaces)
      workspaces[workspace.position] = workspace;
    for (const planner::Placement &placement : solution.residents)
      residents[placement.value] = placement.offset;
    for (Operation &op : function.getBody().front())
      operands[&op] = llvm::to_vector(op.getOperands());
  }

  LogicalResult run() {
    for (const planner::Event &event : plan.events)
      if (event.kind != planner::EventKind::Run)
        return function.emitError("the plan has copies or waits, which no program runs");
    hoistSources();
    for (auto [position, event] : llvm::enumerate(plan.events))
      if (failed(place(event, position)))
        return failure();
    placeArguments();
    for (OpOperand &result : terminator->getOpOperands())
      result.set(instanceOf(result.get(), latest.lookup(step.valueId(result.get()))));
    dropUnusedViews();
    return success();
  }

private:
  /// Moves loads and constants to the front: their bytes exist all the time.
  void hoistSources() {
    Operation *last = nullptr;
    Block &block = function.getBody().front();
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (!isa<nn::LoadOp, nn::ConstantOp>(op))
        continue;
      last ? op.moveAfter(last) : op.moveBefore(&block, block.begin());
      last = &op;
      ValueId id = step.valueId(op.getResult(0));
      if (auto it = residents.find(id); it != residents.end())
        op.setAttr(plan::kPlaceAttr, placeAttr(it->second, op.getResult(0).getType()));
    }
  }

  plan::PlaceAttr placeAttr(int64_t offset, Type type) {
    return plan::PlaceAttr::get(function.getContext(), offset, nn::tensorBytes(type));
  }

  /// Moves the op of `event`, or a clone of it, behind what is placed so far.
  LogicalResult place(const planner::Event &event, size_t position) {
    Operation *original = step.operation(timeline, event.op);
    const planner::Op &planned = step.problem().timelines[timeline].ops[event.op];
    DenseMap<ValueId, int32_t> reads;
    for (auto [value, instance] : llvm::zip(planned.reads, event.reads))
      reads[value] = instance;
    Operation *op = original;
    if (event.instance != 0) {
      op = original->clone();
      op->setAttr(plan::kRecomputeAttr, builder.getI64IntegerAttr(event.instance));
      terminator->getBlock()->getOperations().insert(terminator->getIterator(), op);
      for (auto [from, to] : llvm::zip(original->getResults(), op->getResults()))
        instances[{from, event.instance}] = to;
    } else {
      op->moveBefore(terminator);
    }
    for (auto [index, value] : llvm::enumerate(operands.find(original)->second))
      op->setOperand(index, instanceOf(value, reads.lookup(step.valueId(value))));
    op->moveBefore(terminator); // behind the views that were made for its operands
    if (failed(annotate(op, event, position)))
      return failure();
    for (ValueId value : planned.writes)
      latest[value] = event.instance;
    for (Operation *user : llvm::make_early_inc_range(op->getUsers()))
      if (isa<nn::StoreOp>(user))
        user->moveBefore(terminator);
    return success();
  }

  /// Returns `value`, possibly through views, in instance `instance` of its bytes.
  Value instanceOf(Value value, int32_t instance) {
    auto [it, isNew] = instances.try_emplace({value, instance}, value);
    if (!isNew)
      return it->second;
    if (auto reshape = value.getDefiningOp<nn::ReshapeOp>()) {
      Value source = instanceOf(reshape.getX(), instance);
      OpBuilder atEnd(terminator);
      if (source == reshape.getX() && instance == 0)
        reshape->moveBefore(terminator);
      else
        instances[{value, instance}] =
            nn::ReshapeOp::create(atEnd, reshape.getLoc(), reshape.getType(), source);
    }
    return instances[{value, instance}];
  }

  /// Returns the offset that the plan gives a result of `op`: that of the operand it overwrites, or
  /// that of the event's instance. Nothing if it has none.
  std::optional<int64_t> offsetOf(OpResult result, const planner::Event &event) const {
    auto inPlace = dyn_cast<nn::InPlaceOpInterface>(result.getOwner());
    if (inPlace && inPlace.overwritesOperands()) {
      for (nn::InPlacePair pair : inPlace.getInPlacePairs())
        if (pair.result == result.getResultNumber())
          if (auto it = residents.find(step.valueId(result.getOwner()->getOperand(pair.operand)));
              it != residents.end())
            return it->second;
      return std::nullopt;
    }
    Value original = step.operation(timeline, event.op)->getResult(result.getResultNumber());
    auto it = offsets.find({step.valueId(original), event.instance});
    return it == offsets.end() ? std::nullopt : std::optional(it->second);
  }

  LogicalResult annotate(Operation *op, const planner::Event &event, size_t position) {
    SmallVector<Attribute> places;
    for (OpResult result : op->getResults()) {
      std::optional<int64_t> offset = offsetOf(result, event);
      if (!offset)
        return op->emitError("the plan has no place for its result ") << result.getResultNumber();
      places.push_back(placeAttr(*offset, result.getType()));
    }
    op->setAttr(plan::kPlacesAttr, builder.getArrayAttr(places));
    if (auto it = workspaces.find(position); it != workspaces.end())
      op->setAttr(plan::kWorkspaceAttr,
                  plan::PlaceAttr::get(op->getContext(), it->second.offset, it->second.bytes));
    return success();
  }

  void placeArguments() {
    for (BlockArgument argument : function.getArguments())
      function.setArgAttr(
          argument.getArgNumber(), plan::kPlaceAttr,
          placeAttr(offsets.lookup({step.valueId(argument), 0}), argument.getType()));
  }

  void dropUnusedViews() {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
      if (isa<nn::ReshapeOp>(op) && op.use_empty())
        op.erase();
  }

  const StepProblem &step;
  unsigned timeline;
  const planner::TimelinePlan &plan;
  func::FuncOp function;
  Builder builder;
  Operation *terminator;
  DenseMap<std::pair<ValueId, int32_t>, int64_t> offsets;
  DenseMap<int32_t, planner::WorkspacePlacement> workspaces;
  DenseMap<ValueId, int64_t> residents;
  DenseMap<ValueId, int32_t> latest; ///< the latest instance made, which results refer to
  DenseMap<std::pair<Value, int32_t>, Value> instances;
  DenseMap<Operation *, SmallVector<Value>> operands; ///< as they were before anything moved
};

} // namespace

LogicalResult plimsoll::memory::applyPlan(ModuleOp module, const StepProblem &step,
                                          const planner::Solution &solution) {
  DenseMap<ValueId, int64_t> residents;
  for (const planner::Placement &placement : solution.residents)
    residents[placement.value] = placement.offset;
  for (Operation &op : module.getOps()) {
    auto symbol = op.getAttrOfType<StringAttr>(SymbolTable::getSymbolAttrName());
    if (!symbol || !isa<nn::ParameterOp, nn::StateOp>(op))
      continue;
    ValueId id = step.residentId(FlatSymbolRefAttr::get(symbol));
    if (id == planner::none)
      continue;
    op.setAttr(plan::kPlaceAttr, plan::PlaceAttr::get(op.getContext(), residents.lookup(id),
                                                      step.problem().values[id].bytes));
  }
  for (unsigned t = 0; t < solution.timelines.size(); ++t)
    if (failed(TimelineWriter(step, t, solution).run()))
      return failure();
  module->setAttr(plan::kArenaAttr,
                  Builder(module.getContext()).getI64IntegerAttr(solution.arenaBytes));
  return success();
}
