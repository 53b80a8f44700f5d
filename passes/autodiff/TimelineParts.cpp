//===- TimelineParts.cpp - shared by the builders of timelines --------------------===//
#include "passes/autodiff/TimelineParts.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNNames.h"
#include "passes/autodiff/GradientRules.h"

using namespace mlir;
using namespace plimsoll;

void plimsoll::autodiff::addResult(func::FuncOp timeline, Value value, const Twine &name) {
  Builder builder(timeline.getContext());
  Operation *terminator = timeline.getBody().front().getTerminator();
  auto attribute = builder.getNamedAttr(nn::kNameAttr, builder.getStringAttr(name));
  (void)timeline.insertResult(timeline.getNumResults(), value.getType(),
                              builder.getDictionaryAttr({attribute}));
  terminator->insertOperands(terminator->getNumOperands(), value);
}

/// Adds the input `weight:RESULT` to `timeline` and returns it.
static Value addWeight(func::FuncOp timeline, StringRef result, Type type) {
  Builder builder(timeline.getContext());
  auto attributes = builder.getDictionaryAttr(
      {builder.getNamedAttr(nn::kNameAttr, builder.getStringAttr("weight:" + result)),
       builder.getNamedAttr(nn::kRoleAttr, builder.getStringAttr("input"))});
  unsigned index = timeline.getNumArguments();
  (void)timeline.insertArgument(index, type, attributes, timeline.getLoc());
  return timeline.getArgument(index);
}

Value plimsoll::autodiff::weightedSum(func::FuncOp timeline) {
  Operation *terminator = timeline.getBody().front().getTerminator();
  OpBuilder builder(terminator);
  Value sum;
  for (unsigned i = 0, count = timeline.getNumResults(); i < count; ++i) {
    Value y = terminator->getOperand(i);
    if (!nn::detail::isFloat(y.getType()))
      continue;
    Value weight = addWeight(timeline, nn::resultName(timeline, i), y.getType());
    Value term = nn::MulOp::create(builder, y.getLoc(), y, weight);
    auto rank = cast<RankedTensorType>(y.getType()).getRank();
    if (rank > 0)
      term = nn::ReduceSumOp::create(builder, y.getLoc(), term,
                                     llvm::to_vector(llvm::seq<int64_t>(0, rank)));
    sum = sum ? Value(nn::AddOp::create(builder, y.getLoc(), sum, term)) : term;
  }
  return sum;
}

LogicalResult plimsoll::autodiff::collectTrained(func::FuncOp timeline,
                                                 SmallVectorImpl<nn::ParameterOp> &parameters,
                                                 SmallVectorImpl<Value> &loads) {
  auto module = timeline->getParentOfType<ModuleOp>();
  DenseMap<StringRef, nn::LoadOp> first;
  timeline.walk([&](nn::LoadOp load) {
    auto [entry, isNew] = first.try_emplace(load.getSymbol(), load);
    if (!isNew)
      load.replaceAllUsesWith(entry->second.getValue());
  });
  for (auto parameter : module.getOps<nn::ParameterOp>()) {
    if (!parameter.getTrainable())
      continue;
    nn::LoadOp load = first.lookup(parameter.getSymName());
    if (!load)
      continue;
    load->moveBefore(&timeline.getBody().front(), timeline.getBody().front().begin());
    parameters.push_back(parameter);
    loads.push_back(load.getValue());
  }
  if (parameters.empty())
    return module.emitError("nothing to train: the loss reads no trainable parameter");
  for (auto [i, load] : llvm::enumerate(loads))
    if (i > 0)
      load.getDefiningOp()->moveAfter(loads[i - 1].getDefiningOp());
  return success();
}

/// Returns the trainable parameters that the loss does not depend on, whether `timeline` reads them
/// or not.
static SmallVector<nn::ParameterOp>
unreachedOf(ModuleOp module, ArrayRef<nn::ParameterOp> parameters, ArrayRef<Value> gradients) {
  DenseSet<Operation *> reached;
  for (auto [parameter, gradient] : llvm::zip(parameters, gradients))
    if (gradient)
      reached.insert(parameter);
  SmallVector<nn::ParameterOp> result;
  for (auto parameter : module.getOps<nn::ParameterOp>())
    if (parameter.getTrainable() && !reached.contains(parameter))
      result.push_back(parameter);
  return result;
}

/// Names the parameters that the loss does not depend on, in an error if there are no others, else
/// in a warning.
static void reportUnreached(ModuleOp module, ArrayRef<nn::ParameterOp> unreached, bool isError) {
  constexpr size_t kNamed = 20;
  InFlightDiagnostic report = isError ? module.emitError() : module.emitWarning();
  if (isError)
    report << "nothing to train: no gradient of the loss reaches any parameter:";
  else
    report << "no gradient of the loss reaches " << unreached.size()
           << (unreached.size() == 1 ? " parameter" : " parameters")
           << ": as in PyTorch, whose grad stays None there, such a parameter keeps its values, "
              "without decay and optimizer state; if that is meant --freeze=REGEX says so, else "
              "let the loss read another output:";
  for (nn::ParameterOp parameter : unreached.take_front(kNamed))
    report.attachNote(nn::ParameterOp(parameter).getLoc()) << parameter.getSymName();
  if (unreached.size() > kNamed)
    report.attachNote() << "and " << unreached.size() - kNamed << " more";
}

LogicalResult plimsoll::autodiff::leaveUnreached(func::FuncOp timeline,
                                                 SmallVectorImpl<nn::ParameterOp> &parameters,
                                                 SmallVectorImpl<Value> &loads,
                                                 SmallVectorImpl<Value> &gradients) {
  auto module = timeline->getParentOfType<ModuleOp>();
  SmallVector<nn::ParameterOp> unreached = unreachedOf(module, parameters, gradients);
  if (unreached.empty())
    return success();
  for (size_t i = parameters.size(); i-- > 0;)
    if (!gradients[i]) {
      parameters.erase(parameters.begin() + i);
      loads.erase(loads.begin() + i);
      gradients.erase(gradients.begin() + i);
    }
  reportUnreached(module, unreached, /*isError=*/parameters.empty());
  if (parameters.empty())
    return failure();
  for (nn::ParameterOp parameter : unreached) {
    parameter.setTrainable(false);
    parameter.setDecayed(false);
    parameter.setReason("no gradient of the loss reaches it");
  }
  return success();
}

void plimsoll::autodiff::returnGradients(func::FuncOp timeline,
                                         ArrayRef<nn::ParameterOp> parameters,
                                         ArrayRef<Value> gradients) {
  for (auto [parameter, gradient] : llvm::zip(parameters, gradients))
    addResult(timeline, gradient, "gradient:" + nn::ParameterOp(parameter).getSymName());
}

LogicalResult plimsoll::autodiff::checkScaledRule(ModuleOp module, StringRef rule) {
  if (rule.empty() ||
      llvm::any_of(gradientRules(), [&](const GradientRule &known) { return known.op == rule; }))
    return success();
  return module.emitError("no gradient rule of '") << rule << "'";
}
