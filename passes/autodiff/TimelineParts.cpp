//===- TimelineParts.cpp - what the builders of timelines share -------------------===//
#include "passes/autodiff/TimelineParts.h"
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

/// The new input `weight:RESULT`.
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
    auto name = timeline.getResultAttrOfType<StringAttr>(i, nn::kNameAttr);
    Value weight = addWeight(timeline, name ? name.getValue() : StringRef(), y.getType());
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

LogicalResult plimsoll::autodiff::checkReached(func::FuncOp timeline,
                                               ArrayRef<nn::ParameterOp> parameters,
                                               ArrayRef<Value> gradients) {
  std::string missing;
  for (auto [parameter, gradient] : llvm::zip(parameters, gradients))
    if (!gradient)
      missing += "\n  " + nn::ParameterOp(parameter).getSymName().str();
  if (missing.empty())
    return success();
  return timeline->getParentOfType<ModuleOp>().emitError(
             "no gradient of the loss reaches these parameters; freeze them with --freeze=REGEX:")
         << missing;
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
