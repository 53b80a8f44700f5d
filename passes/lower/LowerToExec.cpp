//===- LowerToExec.cpp - values become slices, ops become launches ------------===//
//
// A value becomes a slice at its planned offset. A reshape is the slice of its operand; the results
// of an optimizer are new versions of its operands' bytes. A constant whose elements are all the
// same number goes into the bodies of the loops that read it.
//===----------------------------------------------------------------------===//
#include "dialects/exec/ExecDialect.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Timelines.h"
#include "dialects/plan/PlanDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/lower/KernelCalls.h"
#include "passes/lower/LoopBodies.h"
#include "passes/lower/Passes.h"

namespace plimsoll::lower {
#define GEN_PASS_DEF_LOWERTOEXECPASS
#include "passes/lower/Passes.h.inc"
} // namespace plimsoll::lower

using namespace mlir;
using namespace plimsoll;

namespace {

/// A constant that has a place in the arena.
struct PlacedConstant {
  ElementsAttr value;
  plan::PlaceAttr place;
};

/// Lowers one timeline.
class TimelineLowering {
public:
  TimelineLowering(func::FuncOp function, ArrayRef<PlacedConstant> allConstants, int64_t arena,
                   plan::MachineAttr machine)
      : function(function), allConstants(allConstants), builder(function) {
    program = exec::ProgramOp::create(builder, function.getLoc(), function.getName(),
                                      kindOf(nn::timelineOf(function)), arena, machine.getThreads(),
                                      /*results=*/nullptr,
                                      /*result_offsets=*/nullptr, machine.getAlignment());
    builder.setInsertionPointToStart(&program.getBody().emplaceBlock());
  }

  /// Lowers the function, which nn::checkFunction must have accepted.
  LogicalResult run() {
    SmallVector<Value> given;
    if (failed(lowerArguments(given)) || failed(lowerSources(given)))
      return failure();
    addUnreadResidents(given);
    exec::GivenOp::create(builder, function.getLoc(), given);
    for (Operation &op : function.getBody().front())
      if (failed(lower(&op)))
        return failure();
    return lowerResults();
  }

private:
  static exec::TimelineKind kindOf(nn::TimelineAttr timeline) {
    return *exec::symbolizeTimelineKind(nn::stringifyTimelineKind(timeline.getKind()));
  }

  exec::SliceOp slice(Location loc, StringRef name, exec::Kind kind, plan::PlaceAttr place,
                      Type type) {
    auto tensor = cast<RankedTensorType>(type);
    Type element = tensor.getElementType();
    if (element.isUnsignedInteger()) // arith has signless integers only; ops carry the sign
      element = builder.getIntegerType(element.getIntOrFloatBitWidth());
    auto sliceType = exec::SliceType::get(builder.getContext(), element, tensor.getNumElements());
    return exec::SliceOp::create(builder, loc, sliceType, name, kind, place.getOffset());
  }

  /// Completes `error`, whose op reads `value`.
  static LogicalResult refuseUnplaced(InFlightDiagnostic error, Value value) {
    error << " has no place";
    if (Operation *op = value.getDefiningOp())
      error.attachNote(op->getLoc()) << "made here" << nn::inNode(op->getLoc());
    return error;
  }

  LogicalResult lowerArguments(SmallVectorImpl<Value> &given) {
    for (BlockArgument argument : function.getArguments()) {
      unsigned index = argument.getArgNumber();
      auto place = function.getArgAttrOfType<plan::PlaceAttr>(index, plan::kPlaceAttr);
      StringRef name = nn::argumentName(function, index);
      if (!place)
        return function.emitError("argument ") << index << " has no place; run plan-memory first";
      exec::SliceOp input = slice(argument.getLoc(), name.empty() ? "input" : name,
                                  exec::Kind::input, place, argument.getType());
      describeInput(input, argument);
      slices[argument] = input;
      given.push_back(input);
    }
    return success();
  }

  /// Sets what the host needs to know of an input. Without an explicit role it is an input of the
  /// model.
  void describeInput(exec::SliceOp input, BlockArgument argument) {
    unsigned index = argument.getArgNumber();
    auto type = cast<RankedTensorType>(argument.getType());
    auto role = function.getArgAttrOfType<StringAttr>(index, nn::kRoleAttr);
    input.setRoleAttr(role ? role : builder.getStringAttr("input"));
    input.setShapeAttr(builder.getDenseI64ArrayAttr(type.getShape()));
    input.setLimitAttr(function.getArgAttrOfType<IntegerAttr>(index, nn::kLimitAttr));
    input.setIgnoredAttr(function.getArgAttrOfType<IntegerAttr>(index, nn::kIgnoredAttr));
    input.setWholeAttr(function.getArgAttrOfType<UnitAttr>(index, nn::kWholeAttr));
    input.setClassesAttr(function.getArgAttrOfType<StringAttr>(index, nn::kClassesAttr));
  }

  exec::Kind kindOf(nn::LoadOp load) {
    auto symbol = SymbolTable::lookupNearestSymbolFrom(load, load.getSymbolAttr());
    return isa_and_nonnull<nn::StateOp>(symbol) ? exec::Kind::state : exec::Kind::parameter;
  }

  LogicalResult lowerSources(SmallVectorImpl<Value> &given) {
    DenseMap<Attribute, Value> constants;
    for (Operation &op : function.getBody().front()) {
      auto place = op.getAttrOfType<plan::PlaceAttr>(plan::kPlaceAttr);
      auto load = dyn_cast<nn::LoadOp>(op);
      auto constant = dyn_cast<nn::ConstantOp>(op);
      if (load && !place)
        return load.emitError("has no place; run plan-memory first");
      if (load) {
        slices[load] = slice(op.getLoc(), load.getSymbol(), kindOf(load), place, load.getType());
        current[load.getSymbolAttr()] = slices[load];
      } else if (constant && place) {
        Value &known = constants[constant.getValue()];
        if (known) {
          slices[constant] = known;
          continue;
        }
        known = constantSlice(op.getLoc(), constant.getValue(), place);
        lowered.insert(constant.getValue());
        slices[constant] = known;
        kept.push_back(known);
      } else {
        continue;
      }
      given.push_back(slices[op.getResult(0)]);
    }
    return success();
  }

  exec::SliceOp constantSlice(Location loc, ElementsAttr value, plan::PlaceAttr place) {
    exec::SliceOp made = slice(loc, "constant", exec::Kind::constant, place, value.getType());
    made.setValueAttr(cast<DenseElementsAttr>(value)); // nn.constant's verifier guarantees the type
    return made;
  }

  /// Adds slices for residents that this timeline does not read. Their bytes are in use during
  /// every timeline, so nothing may be written over them.
  void addUnreadResidents(SmallVectorImpl<Value> &given) {
    for (Operation &op : function->getParentOfType<ModuleOp>().getOps()) {
      auto place = op.getAttrOfType<plan::PlaceAttr>(plan::kPlaceAttr);
      auto symbol = op.getAttrOfType<StringAttr>(SymbolTable::getSymbolAttrName());
      auto parameter = dyn_cast<nn::ParameterOp>(op);
      auto state = dyn_cast<nn::StateOp>(op);
      if (!place || (!parameter && !state))
        continue;
      Value &version = current[FlatSymbolRefAttr::get(symbol)];
      if (version)
        continue;
      version =
          slice(op.getLoc(), symbol.getValue(), state ? exec::Kind::state : exec::Kind::parameter,
                place, parameter ? parameter.getType() : state.getType());
      given.push_back(version);
    }
    for (const PlacedConstant &constant : allConstants) {
      if (!lowered.insert(constant.value).second)
        continue;
      Value value = constantSlice(function.getLoc(), constant.value, constant.place);
      given.push_back(value);
      kept.push_back(value);
    }
  }

  LogicalResult lower(Operation *op) {
    if (auto reshape = dyn_cast<nn::ReshapeOp>(op)) {
      slices[reshape] = slices.lookup(reshape.getX());
      if (auto number = numbers.find(reshape.getX()); number != numbers.end())
        numbers[reshape] = number->second;
      return success();
    }
    if (auto constant = dyn_cast<nn::ConstantOp>(op)) {
      if (auto dense = dyn_cast<DenseElementsAttr>(constant.getValue()); dense && dense.isSplat())
        numbers[constant] = signless(dense.getSplatValue<TypedAttr>());
      return success();
    }
    if (auto store = dyn_cast<nn::StoreOp>(op)) {
      Value stored = slices.lookup(store.getValue());
      if (!stored)
        return refuseUnplaced(store.emitError("its value"), store.getValue());
      current[store.getSymbolAttr()] = stored;
      return success();
    }
    if (auto launch = dyn_cast<nn::LaunchOp>(op))
      return lowerLaunch(launch);
    if (isa<nn::LoadOp>(op) || op->hasTrait<OpTrait::IsTerminator>())
      return success();
    return op->emitError("is part of no launch; run nn-form-launches first");
  }

  /// Converts `number` to a signless integer: arith has no others, and ops carry the sign.
  static TypedAttr signless(TypedAttr number) {
    auto integer = dyn_cast<IntegerAttr>(number);
    if (!integer)
      return number;
    Type type = IntegerType::get(number.getContext(), integer.getValue().getBitWidth());
    return IntegerAttr::get(type, integer.getValue());
  }

  LogicalResult lowerLaunch(nn::LaunchOp launch) {
    auto places = launch->getAttrOfType<ArrayAttr>(plan::kPlacesAttr);
    if (!places)
      return launch.emitError("has no places; run plan-memory first");
    SmallVector<Value> writes;
    for (auto [result, place] : llvm::zip(launch.getResults(), places)) {
      auto [name, kind] = describeResult(launch, result.getResultNumber());
      Value value =
          slice(launch.getLoc(), name, kind, cast<plan::PlaceAttr>(place), result.getType());
      slices[result] = value;
      writes.push_back(value);
    }
    if (std::optional<lower::KernelCall> call = lower::kernelCall(launch))
      return lowerCall(launch, *call, writes);
    return lowerLoop(launch, writes);
  }

  std::pair<std::string, exec::Kind> describeResult(nn::LaunchOp launch, unsigned index) {
    if (launch.overwritesOperands())
      for (nn::InPlacePair pair : launch.getInPlacePairs())
        if (pair.result == index)
          if (Value read = slices.lookup(launch.getOperand(pair.operand))) {
            exec::SliceOp old = exec::sliceOf(read);
            return {old.getName().str(), old.getKind()};
          }
    OpResult maker = launch.getMaker(index);
    std::string name = nn::nodeName(maker ? maker.getLoc() : launch.getLoc()).str();
    if (name.empty())
      name = (maker ? maker.getOwner() : launch)->getName().stripDialect().str();
    if (maker && maker.getResultNumber() > 0)
      name += "." + std::to_string(maker.getResultNumber());
    return {name, exec::Kind::activation};
  }

  SmallVector<int64_t> aliasPairs(nn::LaunchOp launch, ArrayRef<int64_t> readOf) {
    SmallVector<int64_t> pairs;
    for (nn::InPlacePair pair : launch.getInPlacePairs())
      if (readOf[pair.operand] >= 0)
        pairs.append({int64_t(pair.result), readOf[pair.operand]});
    return pairs;
  }

  /// Returns what the launch does, if choose-kernels has predicted its time.
  static exec::WorkAttr workOf(nn::LaunchOp launch) {
    auto chosen = launch->getAttrOfType<plan::LaunchAttr>(plan::kLaunchAttr);
    if (!chosen)
      return {};
    return exec::WorkAttr::get(launch.getContext(), launch.getFlops(), launch.getTraffic(),
                               chosen.getSeconds());
  }

  static IntegerAttr repetition(Operation *op) {
    return op->getAttrOfType<IntegerAttr>(plan::kRecomputeAttr);
  }

  LogicalResult lowerCall(nn::LaunchOp launch, lower::KernelCall &call,
                          SmallVector<Value> &writes) {
    SmallVector<Value> reads;
    SmallVector<int64_t> readOf;
    for (Value operand : launch.getOperands()) {
      readOf.push_back(reads.size());
      reads.push_back(slices.lookup(operand));
      if (!reads.back())
        return refuseUnplaced(launch.emitError("operand ") << reads.size() - 1, operand);
    }
    auto workspace = launch->getAttrOfType<plan::PlaceAttr>(plan::kWorkspaceAttr);
    if (workspace) {
      auto type = RankedTensorType::get({workspace.getBytes()}, builder.getI8Type());
      writes.push_back(slice(launch.getLoc(), "workspace", exec::Kind::workspace, workspace, type));
      call.buffers.push_back(-int64_t(writes.size()));
    }
    KernelKey kernel = call.kernel;
    auto chosen = launch->getAttrOfType<plan::LaunchAttr>(plan::kLaunchAttr);
    if (chosen && !chosen.getKernel().empty())
      kernel = chosen.getKey();
    auto attribute = [](Type type) { return type ? TypeAttr::get(type) : TypeAttr(); };
    exec::CallOp::create(builder, launch.getLoc(), builder.getStringAttr(kernel.name),
                         attribute(kernel.typeIn(builder.getContext())),
                         attribute(kernel.precisionIn(builder.getContext())), reads, writes,
                         call.buffers, call.sizes, call.scalars, aliasPairs(launch, readOf),
                         launch.overwritesOperands(), workspace != nullptr, repetition(launch),
                         workOf(launch));
    return success();
  }

  LogicalResult lowerLoop(nn::LaunchOp launch, ArrayRef<Value> writes) {
    std::optional<nn::LoopNest> nest = launch.getLoopNest();
    if (!nest)
      return refuseLoop(launch);
    SmallVector<Value> reads;
    SmallVector<int64_t> readOf;
    SmallVector<Attribute> strides;
    for (auto [operand, operandStrides] : llvm::zip(launch.getOperands(), nest->inputs)) {
      bool isNumber = !slices.lookup(operand);
      if (isNumber && !numbers.contains(operand))
        return refuseUnplaced(launch.emitError("operand ") << readOf.size(), operand);
      readOf.push_back(isNumber ? -1 : int64_t(reads.size()));
      if (isNumber)
        continue;
      reads.push_back(slices.lookup(operand));
      strides.push_back(builder.getDenseI64ArrayAttr(operandStrides));
    }
    for (ArrayRef<int64_t> resultStrides : nest->outputs)
      strides.push_back(builder.getDenseI64ArrayAttr(resultStrides));
    auto loop = exec::LoopOp::create(
        builder, launch.getLoc(), nest->domain, reads, writes, builder.getArrayAttr(strides),
        nest->reduced, aliasPairs(launch, readOf), repetition(launch), workOf(launch));
    return buildLoopBody(launch, loop, reads, readOf);
  }

  static LogicalResult refuseLoop(nn::LaunchOp launch) {
    if (Operation *op = launch.getSingleOp())
      return op->emitError("'") << op->getName() << "' has neither a kernel nor a loop nest";
    return launch.emitError("its ops are no loop nest, and no kernel runs them");
  }

  LogicalResult buildLoopBody(nn::LaunchOp launch, exec::LoopOp loop, ArrayRef<Value> reads,
                              ArrayRef<int64_t> readOf) {
    OpBuilder::InsertionGuard guard(builder);
    Block *body = builder.createBlock(&loop.getBody());
    for (Value read : reads)
      body->addArgument(cast<exec::SliceType>(read.getType()).getElement(), launch.getLoc());
    Block &source = launch.getBody().front();
    DenseMap<Value, Value> elements;
    for (auto [argument, operand, read] :
         llvm::zip(source.getArguments(), launch.getOperands(), readOf))
      elements[argument] =
          read >= 0
              ? Value(body->getArgument(read))
              : Value(arith::ConstantOp::create(builder, launch.getLoc(), numbers.lookup(operand)));
    auto elementsOf = [&](ValueRange values) {
      return llvm::map_to_vector(values, [&](Value value) { return elements.lookup(value); });
    };
    for (Operation &op : launch.getOps()) {
      FailureOr<Value> value = lower::buildBody(builder, &op, elementsOf(op.getOperands()));
      if (failed(value))
        return failure();
      elements[op.getResult(0)] = *value;
    }
    exec::YieldOp::create(builder, launch.getLoc(), elementsOf(source.back().getOperands()));
    return success();
  }

  LogicalResult lowerResults() {
    for (auto &[symbol, value] : current)
      kept.push_back(value);
    func::FuncOp f = function;
    Operation *terminator = f.getBody().front().getTerminator();
    for (auto [index, result] : llvm::enumerate(terminator->getOperands())) {
      Value value = slices.lookup(result);
      if (!value)
        return refuseUnplaced(terminator->emitError("result ") << index, result);
      if (!llvm::is_contained(kept, value))
        kept.push_back(value);
      if (auto name = f.getResultAttrOfType<StringAttr>(index, nn::kNameAttr)) {
        results.push_back(name);
        resultOffsets.push_back(exec::sliceOf(value).getOffset());
      }
    }
    exec::KeptOp::create(builder, f.getLoc(), kept);
    program.setResultsAttr(builder.getArrayAttr(results));
    program.setResultOffsetsAttr(builder.getDenseI64ArrayAttr(resultOffsets));
    return success();
  }

  func::FuncOp function;
  ArrayRef<PlacedConstant> allConstants;
  DenseSet<Attribute> lowered; ///< constants that have a slice
  OpBuilder builder;
  exec::ProgramOp program;
  DenseMap<Value, Value> slices;
  DenseMap<Value, TypedAttr> numbers;        ///< constants whose elements are all the same number
  llvm::MapVector<Attribute, Value> current; ///< latest version of each symbol
  SmallVector<Value> kept;
  SmallVector<Attribute> results;
  SmallVector<int64_t> resultOffsets;
};

struct LowerToExecPass : lower::impl::LowerToExecPassBase<LowerToExecPass> {
  using LowerToExecPassBase::LowerToExecPassBase;

  void runOnOperation() override {
    auto arena = getOperation()->getAttrOfType<IntegerAttr>(plan::kArenaAttr);
    if (!arena) {
      getOperation().emitError("the module has no plan; run plan-memory first");
      return signalPassFailure();
    }
    auto machine = getOperation()->getAttrOfType<plan::MachineAttr>(plan::kMachineAttr);
    if (!machine) {
      getOperation().emitError("no kernels are chosen; run choose-kernels first");
      return signalPassFailure();
    }
    SmallVector<PlacedConstant> constants;
    getOperation().walk([&](nn::ConstantOp constant) {
      if (auto place = constant->getAttrOfType<plan::PlaceAttr>(plan::kPlaceAttr))
        constants.push_back({constant.getValue(), place});
    });
    for (func::FuncOp function : nn::timelinesOf(getOperation())) {
      if (failed(nn::checkFunction(function)) ||
          failed(TimelineLowering(function, constants, arena.getInt(), machine).run()))
        return signalPassFailure();
      function.erase();
    }
  }
};

} // namespace
