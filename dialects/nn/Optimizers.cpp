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

// Updates of rows -----------------------------------------------------------

LogicalResult plimsoll::nn::detail::inferUpdateRows(std::optional<Location> loc,
                                                    ValueRange operands, unsigned states,
                                                    Value decaySums, Value clipScale,
                                                    Types &results) {
  auto parameter = cast<RankedTensorType>(operands[0].getType());
  RankedTensorType rows = tensorType(operands[2]);
  if (parameter.getRank() == 0 || rows.getRank() != 1)
    return emitOptionalError(loc, "expected a table and a list of rows, got ", parameter, " and ",
                             rows);
  SmallVector<int64_t> shape(parameter.getShape());
  shape[0] = rows.getDimSize(0);
  if (Type gradient = parameter.clone(shape); operands[1].getType() != gradient)
    return emitOptionalError(loc, "the gradient of ", shape[0], " rows of ", parameter, " must be ",
                             gradient, ", got ", operands[1].getType());
  if (failed(checkStates(loc, parameter, operands.slice(3, states), {})))
    return failure();
  if (clipScale && tensorType(clipScale).getNumElements() != 1)
    return emitOptionalError(loc, "clip must be one number, got ", clipScale.getType());
  results.push_back(parameter);
  llvm::append_range(results, operands.slice(3, states).getTypes());
  if (!decaySums)
    return success();
  results.push_back(decaySums.getType());
  if (Type sums = decaySumsTypeOf(parameter); decaySums.getType() != sums)
    return emitOptionalError(loc, "the sums of decay of ", parameter, " must be ", sums, ", got ",
                             decaySums.getType());
  return success();
}

RankedTensorType plimsoll::nn::decaySumsTypeOf(RankedTensorType parameter) {
  return RankedTensorType::get({parameter.getDimSize(0) + 1},
                               Float64Type::get(parameter.getContext()));
}

LogicalResult plimsoll::nn::detail::verifyDecay(Operation *op, bool decayed, bool hasSums,
                                                bool catchesUp) {
  if (decayed && !catchesUp)
    return op->emitOpError("cannot be 'decayed': its decay would be a gradient of every row");
  if (decayed != hasSums)
    return op->emitOpError(decayed ? "that is 'decayed' needs sums of decay"
                                   : "has sums of decay, but is not 'decayed'");
  return success();
}

int64_t plimsoll::nn::detail::updateRowsTraffic(Operation *op, unsigned states) {
  int64_t traffic =
      tensorBytes(op->getOperand(1).getType()) + tensorBytes(op->getOperand(2).getType());
  int64_t count = tensorType(op->getOperand(1)).getNumElements();
  auto add = [&](unsigned operand) {
    auto type = tensorType(op->getOperand(operand));
    traffic += 2 * tensorBytes(type.clone(ArrayRef<int64_t>{count}));
  };
  add(0);
  for (unsigned state = 0; state < states; ++state)
    add(3 + state);
  return traffic;
}

IndexFactors plimsoll::nn::detail::updateRowsFactors(Operation *op, unsigned states) {
  FactorBuilder builder(op);
  FactorLabels table = builder.addAll(op->getOperand(0), FactorKind::free);
  builder[table[0]].kind = FactorKind::data;
  FactorLabels gradient = table;
  gradient[0] = builder.add(tensorType(op->getOperand(2)).getDimSize(0), FactorKind::whole);
  builder.operand(0) = builder.result(0) = table;
  builder.operand(1) = gradient;
  builder.operand(2) = {gradient[0]};
  for (unsigned state = 0; state < states; ++state)
    builder.operand(3 + state) = builder.result(1 + state) = table;
  return builder.finish();
}

// Gradients before the update -----------------------------------------------

int64_t KeepMicroBatchOp::getTraffic() {
  return 2 * tensorBytes(getPart().getType());
}

LogicalResult KeepMicroBatchOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                 Adaptor adaptor, Types &results) {
  RankedTensorType all = tensorType(adaptor.getAll());
  results.push_back(all);
  if (all.getRank() == 0)
    return emitOptionalError(loc, "expected a slice for each micro-batch, got ", all);
  if (Type slice = all.clone(all.getShape().drop_front()); adaptor.getPart().getType() != slice)
    return emitOptionalError(loc, "the part must be like a slice of ", all, ", ", slice, ", got ",
                             adaptor.getPart().getType());
  return success();
}

IndexFactors KeepMicroBatchOp::getIndexFactors() {
  FactorBuilder builder(*this);
  FactorLabels all = builder.addAll(getAll(), FactorKind::free);
  builder[all[0]].kind = FactorKind::data;
  builder.operand(0) = builder.result(0) = all;
  builder.operand(1).assign(all.begin() + 1, all.end());
  return builder.finish();
}

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
