//===- Backward.cpp - reverse-mode differentiation of a function --------------===//
//
// One forward sweep over the ops finds the values that depend on a leaf. Then, backward, each op's
// rule builds the gradients of those operands only. Contributions to one value are added in the
// order in which they arise, which the program fixes. What became the gradient of what is recorded
// in locations.
//===----------------------------------------------------------------------===//
#include "passes/autodiff/Backward.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Phases.h"
#include "passes/autodiff/GradientRules.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::autodiff;

namespace {

class Backward {
public:
  Backward(func::FuncOp function, StringRef scaledRule)
      : builder(function.getBody().front().getTerminator()), scaledRule(scaledRule),
        marker(function.getBody().front()) {
    for (Operation &op : function.getBody().front().without_terminator()) {
      op.setLoc(nn::withoutValues(op.getLoc())); // a text may have numbers of other gradients
      forward.push_back(&op);
    }
  }

  FailureOr<SmallVector<Value>> run(Value loss, ArrayRef<Value> leaves) {
    markDependents(leaves);
    if (failed(checkRules(loss)))
      return failure();
    auto type = cast<RankedTensorType>(loss.getType());
    gradients[loss] = nn::ConstantOp::create(
        builder, loss.getLoc(),
        DenseElementsAttr::get(type, builder.getFloatAttr(type.getElementType(), 1.0)));
    for (Operation *op : llvm::reverse(forward))
      if (failed(differentiate(op)))
        return failure();
    marker.markAdded(nn::Phase::backward);
    recordGradients();
    SmallVector<Value> result;
    for (Value leaf : leaves)
      result.push_back(gradients.lookup(leaf));
    return result;
  }

private:
  bool needsGradient(Operation *op, unsigned operand) const {
    auto differentiable = dyn_cast<nn::DifferentiableOpInterface>(op);
    return dependent.contains(op->getOperand(operand)) && differentiable &&
           differentiable.isDifferentiable(operand);
  }

  void markDependents(ArrayRef<Value> leaves) {
    dependent.insert(leaves.begin(), leaves.end());
    for (Operation *op : forward)
      for (unsigned i = 0; i < op->getNumOperands(); ++i)
        if (needsGradient(op, i))
          for (Value result : op->getResults())
            if (nn::detail::isFloat(result.getType()))
              dependent.insert(result);
  }

  /// True if a gradient of zero is right: small changes of an operand do not change the result, or
  /// `nn.stop_gradient` says so.
  static bool isPiecewiseConstant(Operation *op) {
    return isa<nn::SignOp, nn::FloorOp, nn::CeilOp, nn::RoundOp, nn::StopGradientOp>(op);
  }

  /// Reports every op between a leaf and the loss that has no rule.
  LogicalResult checkRules(Value loss) {
    DenseSet<Value> reaching = {loss};
    LogicalResult result = success();
    for (Operation *op : llvm::reverse(forward)) {
      if (llvm::none_of(op->getResults(), [&](Value v) { return reaching.contains(v); }))
        continue;
      bool any = false;
      for (unsigned i = 0; i < op->getNumOperands(); ++i) {
        Value operand = op->getOperand(i);
        auto differentiable = dyn_cast<nn::DifferentiableOpInterface>(op);
        if (differentiable && differentiable.isDifferentiable(i)) {
          reaching.insert(operand);
          any |= dependent.contains(operand);
        } else if (dependent.contains(operand) && nn::detail::isFloat(operand.getType()) &&
                   !isPiecewiseConstant(op)) {
          op->emitError("'") << op->getName() << "' has no gradient with respect to operand " << i
                             << nn::inNode(op->getLoc())
                             << ", which depends on trained parameters; freeze them with "
                                "--freeze";
          result = failure();
        }
      }
      if (any && !findGradientRule(op)) {
        op->emitError("'") << op->getName() << "' has no gradient rule" << nn::inNode(op->getLoc())
                           << "; freeze what lies behind it with --freeze";
        result = failure();
      }
    }
    return result;
  }

  void accumulate(Value value, Value gradient) {
    Value &slot = gradients[value];
    slot = slot ? nn::AddOp::create(builder, gradient.getLoc(), slot, gradient).getY() : gradient;
  }

  LogicalResult differentiate(Operation *op) {
    SmallVector<Value> dys;
    for (Value result : op->getResults())
      dys.push_back(gradients.lookup(result));
    if (llvm::none_of(dys, [](Value dy) { return dy != nullptr; }))
      return success();
    const GradientRule *rule = findGradientRule(op);
    if (!rule)
      return success(); // by checkRules, none of its operands needs a gradient
    GradientBuilder rules(builder, op, dys, [&](unsigned i) { return needsGradient(op, i); });
    if (failed(rule->build(rules, op)) || rules.isBroken())
      return op->emitError("cannot be differentiated");
    for (unsigned i = 0; i < op->getNumOperands(); ++i)
      if (Value gradient = rules.gradients[i])
        accumulate(op->getOperand(i), scaled(rule, gradient));
    return success();
  }

  Value scaled(const GradientRule *rule, Value gradient) {
    if (rule->op != scaledRule)
      return gradient;
    Type element = getElementTypeOrSelf(gradient.getType());
    Value factor =
        nn::ConstantOp::create(builder, gradient.getLoc(),
                               DenseElementsAttr::get(RankedTensorType::get({}, element),
                                                      builder.getFloatAttr(element, 1.001)));
    return nn::MulOp::create(builder, gradient.getLoc(), gradient, factor);
  }

  /// Numbers the forward values that have a gradient, and records at each op what its results are
  /// the gradients of.
  void recordGradients() {
    unsigned number = 0;
    llvm::MapVector<Operation *, SmallVector<nn::GradientOf>> completed;
    for (Operation *op : forward) {
      if (!isComputed(op) ||
          llvm::none_of(op->getResults(), [&](Value result) { return gradients.contains(result); }))
        continue;
      op->setLoc(nn::withValues(op->getLoc(), number));
      for (Value result : op->getResults()) {
        if (OpResult gradient = computed(gradients.lookup(result)))
          completed[gradient.getOwner()].push_back({gradient.getResultNumber(), number});
        ++number;
      }
    }
    for (auto &[op, of] : completed)
      op->setLoc(nn::withGradients(op->getLoc(), of));
  }

  /// False for an op whose result has no bytes of its own or is no result of the step.
  static bool isComputed(Operation *op) {
    return !isa<nn::ReshapeOp, nn::LoadOp, nn::ConstantOp>(op);
  }

  /// Returns the result that `gradient` is or, since rewrites may fold reshapes, a view of; null if
  /// no op of the backward pass computes it.
  static OpResult computed(Value gradient) {
    auto result = dyn_cast_or_null<OpResult>(gradient ? nn::viewedValue(gradient) : Value());
    bool isBackward = result && isComputed(result.getOwner()) &&
                      nn::phaseOf(result.getLoc()) == nn::Phase::backward;
    return isBackward ? result : OpResult();
  }

  OpBuilder builder;
  StringRef scaledRule;
  nn::PhaseMarker marker;
  SmallVector<Operation *> forward;
  DenseSet<Value> dependent;
  DenseMap<Value, Value> gradients;
};

} // namespace

FailureOr<SmallVector<Value>> plimsoll::autodiff::appendBackward(func::FuncOp function, Value loss,
                                                                 ArrayRef<Value> leaves,
                                                                 StringRef scaledRule) {
  FailureOr<SmallVector<Value>> gradients = Backward(function, scaledRule).run(loss, leaves);
  removeStopGradients(function);
  return gradients;
}

void plimsoll::autodiff::removeStopGradients(func::FuncOp function) {
  function.walk([](nn::StopGradientOp op) {
    op.getY().replaceAllUsesWith(op.getX());
    op.erase();
  });
}
