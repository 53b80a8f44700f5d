//===- Optimizers.cpp - updates of parameters, accumulation, clipping ------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/States.h"
#include "dialects/nn/TensorType.h"
#include "dialects/support/OptimizerKinds.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::nn;

using Types = SmallVectorImpl<Type>;

// Updates -------------------------------------------------------------------

bool plimsoll::nn::isCoded(Type element) {
  return element.isUnsignedInteger(8);
}

RankedTensorType plimsoll::nn::stateTypeOf(RankedTensorType parameter, ElementType element) {
  MLIRContext *context = parameter.getContext();
  bool coded = element == ElementType::u8;
  return parameter.clone(coded ? IntegerType::get(context, 8, IntegerType::Unsigned)
                               : typeOf(element, context));
}

RankedTensorType plimsoll::nn::scalesTypeOf(RankedTensorType parameter) {
  return RankedTensorType::get({stateBlocks(parameter.getNumElements())},
                               Float32Type::get(parameter.getContext()));
}

unsigned plimsoll::nn::ownOperands(Operation *update) {
  return update->getNumResults() + 1; // all but the gradient have a result
}

ElementType plimsoll::nn::storedStates(Operation *update) {
  const UpdateRule *rule = findUpdateRule(update->getName().stripDialect());
  if (!rule || rule->states.empty())
    return ElementType::f32;
  return *elementTypeOf(getElementTypeOrSelf(update->getOperand(2)));
}

/// Refuses states and scales that do not belong to `parameter` in the same way.
static LogicalResult checkStates(std::optional<Location> loc, RankedTensorType parameter,
                                 ValueRange states, ValueRange scales) {
  if (states.empty())
    return success();
  Type element = getElementTypeOrSelf(states.front());
  bool isNarrow = parameter.getElementType().isF32() && (element.isBF16() || isCoded(element));
  Type expected = isNarrow ? parameter.clone(element) : parameter;
  for (Value state : states)
    if (state.getType() != expected)
      return isNarrow ? emitOptionalError(loc, "all states must be ", expected, ", got ",
                                          state.getType())
                      : emitOptionalError(loc, "gradient and state must be like the parameter, ",
                                          parameter, ", got ", state.getType(),
                                          "; states of an f32 parameter may be of bf16 or ui8");
  size_t blocked = isCoded(element) ? states.size() : 0;
  if (scales.size() != blocked)
    return emitOptionalError(loc, "states of ", element, " have ", blocked, " scales, got ",
                             scales.size());
  for (Value each : scales)
    if (each.getType() != scalesTypeOf(parameter))
      return emitOptionalError(loc, "the scales of states of ", parameter, " must be ",
                               scalesTypeOf(parameter), ", got ", each.getType());
  return success();
}

LogicalResult plimsoll::nn::detail::inferUpdate(std::optional<Location> loc, ValueRange operands,
                                                unsigned states, ValueRange scales, Value clipScale,
                                                Types &results) {
  auto parameter = cast<RankedTensorType>(operands[0].getType());
  Type gradient = operands[1].getType();
  if (gradient != parameter)
    return emitOptionalError(loc, "gradient and state must be like the parameter, ", parameter,
                             ", got ", gradient);
  if (failed(checkStates(loc, parameter, operands.slice(2, states), scales)))
    return failure();
  if (clipScale && tensorType(clipScale).getNumElements() != 1)
    return emitOptionalError(loc, "clip must be one number, got ", clipScale.getType());
  results.push_back(parameter);
  llvm::append_range(results, operands.slice(2, states).getTypes());
  llvm::append_range(results, scales.getTypes());
  return success();
}

IndexFactors plimsoll::nn::detail::ruleFactors(Operation *op, unsigned states) {
  if (storedStates(op) != ElementType::u8)
    return updateFactors(op, 2 + states);
  FactorBuilder builder(op);
  FactorLabels all = builder.addAll(op->getOperand(0), FactorKind::ordered);
  for (unsigned index = 0; index < 2 + states; ++index)
    builder.operand(index) = all;
  for (unsigned index = 0; index < 1 + states; ++index)
    builder.result(index) = all;
  return builder.finish();
}

// Gradients before the update -----------------------------------------------

LogicalResult AccumulateOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                             Adaptor adaptor, Types &results) {
  results.push_back(adaptor.getSum().getType());
  if (adaptor.getGradient().getType() != adaptor.getSum().getType())
    return emitOptionalError(loc, "the gradient must be like the sum, ", adaptor.getSum().getType(),
                             ", got ", adaptor.getGradient().getType());
  return success();
}

LogicalResult SumSquaresOp::inferReturnTypes(MLIRContext *context, std::optional<Location>, Adaptor,
                                             Types &results) {
  results.push_back(RankedTensorType::get({}, Float64Type::get(context)));
  return success();
}

LogicalResult ClipByNormOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc,
                                             Adaptor adaptor, Types &results) {
  Type number = RankedTensorType::get({}, Float32Type::get(context));
  results.append({number, number});
  for (Value squares : adaptor.getSquares())
    if (squares.getType() != RankedTensorType::get({}, Float64Type::get(context)))
      return emitOptionalError(loc, "expected sums of squares in f64, got ", squares.getType());
  double most = adaptor.getMaxNorm().convertToDouble();
  if (!(most > 0.0 && std::isfinite(most)))
    return emitOptionalError(loc, "max_norm must be positive, got ", most);
  return success();
}

IndexFactors AccumulateOp::getIndexFactors() {
  return detail::updateFactors(*this, 2);
}

IndexFactors SumSquaresOp::getIndexFactors() {
  FactorBuilder builder(*this);
  builder.operand(0) = builder.addAll(getX(), FactorKind::reduced);
  return builder.finish();
}

/// Has none: numbers have no dimensions.
IndexFactors ClipByNormOp::getIndexFactors() {
  return FactorBuilder(*this).finish();
}
