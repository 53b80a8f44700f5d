//===- BuildStep.cpp - make the training step of a loss -----------------------===//
//
// Clones @forward into @evaluate and turns it into @train: backward, then one update for each
// trainable parameter. The updates come last here; the plan decides where they run. With
// micro-batches, @train is for the last one of a step; @accumulate, for the others, ends by adding
// the gradients to their sums.
//===----------------------------------------------------------------------===//
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Phases.h"
#include "dialects/nn/States.h"
#include "dialects/nn/Timelines.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "passes/autodiff/Backward.h"
#include "passes/autodiff/Optimizers.h"
#include "passes/autodiff/OwnLoss.h"
#include "passes/autodiff/Passes.h"
#include "passes/autodiff/RandomSource.h"
#include "passes/autodiff/SparseTables.h"
#include "passes/autodiff/TimelineParts.h"
#include "passes/autodiff/TrainingMode.h"
#include "llvm/ADT/StringExtras.h"

namespace plimsoll::autodiff {
#define GEN_PASS_DEF_BUILDSTEPPASS
#include "passes/autodiff/Passes.h.inc"
} // namespace plimsoll::autodiff

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::autodiff;

namespace {

struct BuildStepPass : plimsoll::autodiff::impl::BuildStepPassBase<BuildStepPass> {
  using BuildStepPassBase::BuildStepPassBase;
  BuildStepPass(const BuildStepPassOptions &options, const OptimizerSettings &given,
                std::optional<Clipping> clipping)
      : BuildStepPassBase(options), settings(given), clipping(clipping) {}

  void runOnOperation() override {
    func::FuncOp forward = nn::findFunction(getOperation(), "forward");
    if (!forward)
      return signalPassFailure();
    auto loss = dyn_cast_or_null<RankedTensorType>(
        forward.getNumResults() ? forward.getResultTypes().front() : Type());
    if (!loss || loss.getNumElements() != 1 || !isa<FloatType>(loss.getElementType()))
      return fail("the first result of @forward must be a scalar loss; attach one with --loss");
    if (!loss.getElementType().isF32())
      return fail("the loss must be f32; training in another type is not possible yet");
    std::vector<std::string> problems;
    if (!settings) // the text form of plimsoll-opt, as is the next one
      settings = parseOptimizer(optimizer, problems);
    if (!problems.empty())
      return fail(llvm::join(problems, "; "));
    if (!clip.empty() && !(clipping = parseClipping(clip)))
      return fail("clip=" + clip + ": expected norm:1.0 or value:0.5");
    if (accumulate < 1)
      return fail("accumulate=" + Twine(accumulate) + ": expected a positive number");
    if (failed(checkScaledRule(getOperation(), scaleRule)))
      return signalPassFailure();

    func::FuncOp evaluate = forward.clone();
    evaluate.setName("evaluate");
    nn::setTimeline(evaluate, nn::TimelineKind::evaluate, /*weight=*/0);
    removeDropout(evaluate);
    removeStopGradients(evaluate);
    if (drawsNumbers(evaluate))
      drawFrom(evaluate, addHyper(evaluate));
    forward.setName("train");
    nn::setTimeline(forward, nn::TimelineKind::train);
    getOperation().getBody()->getOperations().insertAfter(forward->getIterator(), evaluate);
    separateOwnLoss(forward, evaluate);
    if (failed(buildTrain(forward)))
      signalPassFailure();
  }

private:
  void fail(const Twine &message) {
    getOperation().emitError(message);
    signalPassFailure();
  }

  LogicalResult buildTrain(func::FuncOp train) {
    SmallVector<nn::ParameterOp> parameters;
    SmallVector<Value> loads;
    if (failed(setTrainingMode(train)))
      return failure();
    markStatistics(train);
    SparseTables tables(*settings, accumulate);
    if (failed(collectTrained(train, parameters, loads)) ||
        failed(tables.find(getOperation(), parameters, loads)) || failed(checkKept(parameters)))
      return failure();
    Value hyper = addHyper(train);
    drawFrom(train, hyper);
    remarkOnDropout(train);
    Value loss = train.getBody().front().getTerminator()->getOperand(0);
    FailureOr<SmallVector<Value>> found =
        appendBackward(train, loss, tables.leaves(loads), scaleRule);
    if (failed(found))
      return failure();
    nn::PhaseMarker marker(train.getBody().front());
    OpBuilder builder(train.getBody().front().getTerminator());
    SmallVector<Value> gradients = tables.join(builder, loads, *found);
    if (failed(leaveUnreached(train, parameters, loads, gradients)))
      return failure();
    marker.markAdded(nn::Phase::backward);
    if (accumulate > 1)
      buildAccumulate(train, parameters, gradients, tables, hyper);
    builder.setInsertionPoint(train.getBody().front().getTerminator());
    completeGradients(builder, parameters, gradients, tables);
    marker.markAdded(accumulate > 1 ? nn::Phase::update : nn::Phase::backward);
    Value scale = clipScale(builder, train, gradients);
    for (auto [parameter, load, gradient] : llvm::zip(parameters, loads, gradients))
      update(builder, parameter, {load, gradient, tables.numbersOf(parameter), hyper, scale});
    marker.markAdded(nn::Phase::update);
    if (keepGradients)
      returnGradients(train, parameters, gradients);
    return success();
  }

  /// Refuses to return gradients that do not have the parameter's shape.
  LogicalResult checkKept(ArrayRef<nn::ParameterOp> parameters) {
    for (nn::ParameterOp parameter : parameters)
      if (keepGradients && parameter.getSparse())
        return parameter.emitError("parameter '") << parameter.getSymName()
                                                  << "' is sparse: its whole gradient, which "
                                                     "--keep-gradients asks for, is never made; "
                                                     "leave one of the two options out";
    return success();
  }

  /// Makes of the gradients of a batch those of the step: sums for each row of sparse tables, means
  /// over all micro-batches.
  void completeGradients(OpBuilder &builder, ArrayRef<nn::ParameterOp> parameters,
                         MutableArrayRef<Value> gradients, SparseTables &tables) {
    for (auto [parameter, gradient] : llvm::zip(parameters, gradients)) {
      nn::ParameterOp of = parameter;
      if (of.getSparse())
        gradient = tables.sumRows(builder, of, gradient);
      else if (accumulate > 1)
        gradient = total(builder, of, gradient);
      if (accumulate > 1)
        gradient = meanGradient(builder, of, gradient);
    }
  }

  /// Marks updates of running statistics as update phase: they run behind the forward pass, like
  /// those of an optimizer.
  static void markStatistics(func::FuncOp train) {
    for (Operation &op : train.getBody().front())
      if (auto inPlace = dyn_cast<nn::InPlaceOpInterface>(op);
          inPlace && inPlace.overwritesOperands())
        op.setLoc(nn::withPhase(op.getLoc(), nn::Phase::update));
  }

  // Micro-batches -----------------------------------------------------------

  static std::string sumName(nn::ParameterOp parameter) {
    return (parameter.getSymName() + ".gradient_sum").str();
  }

  /// Makes @accumulate from @train, which has no updates yet.
  void buildAccumulate(func::FuncOp train, ArrayRef<nn::ParameterOp> parameters,
                       ArrayRef<Value> gradients, SparseTables &tables, Value hyper) {
    IRMapping mapping;
    func::FuncOp micro = train.clone(mapping);
    micro.setName("accumulate");
    nn::setTimeline(micro, nn::TimelineKind::accumulate, accumulate - 1);
    getOperation().getBody()->getOperations().insertAfter(train->getIterator(), micro);
    nn::PhaseMarker marker(micro.getBody().front());
    OpBuilder builder(micro.getBody().front().getTerminator());
    for (auto [parameter, gradient] : llvm::zip(parameters, gradients)) {
      nn::ParameterOp of = parameter;
      if (of.getSparse()) {
        tables.makeSums(of, gradient);
        tables.keep(builder, of, mapping.lookup(gradient), mapping.lookup(tables.numbersOf(of)),
                    mapping.lookup(hyper));
        continue;
      }
      OpBuilder module(of->getContext());
      module.setInsertionPointAfter(of);
      auto state = nn::StateOp::create(module, of.getLoc(), sumName(of), of.getType(),
                                       of.getSymName(), "gradient_sum", /*scales=*/nullptr);
      state.setTransient(true);
      Value sum = nn::LoadOp::create(builder, of.getLoc(), of.getTensorType(), sumName(of));
      Value added = nn::AccumulateOp::create(builder, of.getLoc(), sum, mapping.lookup(gradient),
                                             mapping.lookup(hyper));
      nn::StoreOp::create(builder, of.getLoc(), added, sumName(of));
    }
    marker.markAdded(nn::Phase::update);
  }

  /// Returns the sum of the gradients of all micro-batches of the step.
  Value total(OpBuilder &builder, nn::ParameterOp parameter, Value gradient) {
    Location loc = parameter.getLoc();
    Value sum = nn::LoadOp::create(builder, loc, parameter.getTensorType(), sumName(parameter));
    return nn::AddOp::create(builder, loc, sum, gradient);
  }

  /// Returns the mean, given the sum over all micro-batches of the step.
  Value meanGradient(OpBuilder &builder, nn::ParameterOp parameter, Value total) {
    Location loc = parameter.getLoc();
    RankedTensorType type = parameter.getTensorType();
    Value share = nn::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(type.clone(ArrayRef<int64_t>{}),
                               builder.getFloatAttr(type.getElementType(), 1.0 / accumulate)));
    return nn::MulOp::create(builder, loc, total, share);
  }

  // Clipping ----------------------------------------------------------------

  /// Returns the factor by which every gradient is multiplied, or null if norms are not clipped.
  /// Adds the gradients' norm as a result.
  Value clipScale(OpBuilder &builder, func::FuncOp train, ArrayRef<Value> gradients) {
    if (!clipping || !clipping->byNorm)
      return {};
    Location loc = nn::userLocation(&getContext(), "clip", "");
    SmallVector<Value> squares;
    for (Value gradient : gradients)
      squares.push_back(nn::SumSquaresOp::create(builder, loc, gradient));
    auto op = nn::ClipByNormOp::create(builder, loc, squares, APFloat(clipping->limit));
    addResult(train, op.getNorm(), "gradient_norm");
    return op.getScale();
  }

  // Updates -----------------------------------------------------------------

  /// Creates the state symbols of `parameter`, those of scales or of sums of decay behind the
  /// others.
  SmallVector<nn::StateOp> makeStates(nn::ParameterOp parameter) {
    const UpdateRule &rule = settings->rule();
    RankedTensorType type = parameter.getTensorType();
    ElementType element = settings->stateElement(type.getNumElements());
    bool coded = element == ElementType::u8;
    OpBuilder module(parameter->getContext());
    module.setInsertionPointAfter(parameter);
    auto make = [&](Type of, const std::string &slot, FlatSymbolRefAttr scales) {
      std::string name = (parameter.getSymName() + "." + slot).str();
      return nn::StateOp::create(module, parameter.getLoc(), name, of, parameter.getSymName(), slot,
                                 scales);
    };
    SmallVector<nn::StateOp> states, scales;
    for (StringRef slot : rule.states) {
      std::string own = slot.str() + "_scales";
      auto reference = FlatSymbolRefAttr::get(parameter->getContext(),
                                              (parameter.getSymName() + "." + own).str());
      states.push_back(make(nn::stateTypeOf(type, element), slot.str(),
                            coded ? reference : FlatSymbolRefAttr()));
      if (coded)
        scales.push_back(make(nn::scalesTypeOf(type), own, nullptr));
    }
    if (parameter.getSparse() && parameter.getDecayed())
      scales.push_back(make(nn::decaySumsTypeOf(type), "decay_sums", nullptr));
    llvm::append_range(states, scales);
    return states;
  }

  /// What an update reads besides states. `rows` is null unless the parameter is sparse, `scale`
  /// unless norms are clipped.
  struct Updated {
    Value load, gradient, rows, hyper, scale;
  };

  void update(OpBuilder &builder, nn::ParameterOp parameter, const Updated &of) {
    const UpdateRule &rule = settings->rule();
    StringRef name = of.rows ? findRowsRule(rule.name)->name : rule.name;
    OperationState op(parameter.getLoc(), "nn." + name.str());
    op.addOperands({of.load, of.gradient});
    if (of.rows)
      op.addOperands(of.rows);
    op.addTypes(of.load.getType());
    SmallVector<nn::StateOp> states = makeStates(parameter);
    for (nn::StateOp state : states) {
      op.addTypes(state.getType());
      op.addOperands(
          Value(nn::LoadOp::create(builder, op.location, state.getType(), state.getSymName())));
    }
    op.addOperands(of.hyper);
    if (of.scale)
      op.addOperands(of.scale);
    op.addAttributes(settings->attributes(builder));
    addGroup(builder, parameter, op);
    if (!rule.states.empty() || of.rows) {
      SmallVector<int32_t> segments((of.rows ? 3 : 2) + rule.states.size(), 1);
      segments.append({int32_t(states.size() - rule.states.size()), 1, of.scale ? 1 : 0});
      op.addAttribute("operandSegmentSizes", builder.getDenseI32ArrayAttr(segments));
    }
    Operation *made = builder.create(op);
    nn::StoreOp::create(builder, op.location, made->getResult(0), parameter.getSymName());
    for (auto [i, state] : llvm::enumerate(states))
      nn::StoreOp::create(builder, op.location, made->getResult(1 + i), state.getSymName());
  }

  /// Adds the parameter's settings as attributes: decay, factor on the learning rate, limit of each
  /// gradient element.
  void addGroup(OpBuilder &builder, nn::ParameterOp parameter, OperationState &op) {
    if (parameter.getDecayed())
      op.addAttribute("decayed", builder.getUnitAttr());
    if (FloatAttr decay = parameter.getDecayAttr())
      op.addAttribute("decay", decay);
    if (FloatAttr factor = parameter.getLrScaleAttr())
      op.addAttribute("lr_scale", factor);
    if (clipping && !clipping->byNorm)
      op.addAttribute("clip_value", builder.getF64FloatAttr(clipping->limit));
  }

  std::optional<OptimizerSettings> settings;
  std::optional<Clipping> clipping;
};

} // namespace

std::unique_ptr<Pass> plimsoll::autodiff::createBuildStepPass(const BuildStepPassOptions &options,
                                                              const OptimizerSettings &optimizer,
                                                              std::optional<Clipping> clipping) {
  return std::make_unique<BuildStepPass>(options, optimizer, clipping);
}
