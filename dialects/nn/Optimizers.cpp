//===- Optimizers.cpp - updates of parameters, accumulation, clipping ------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll::nn;

using Types = SmallVectorImpl<Type>;

// Updates -------------------------------------------------------------------

LogicalResult plimsoll::nn::detail::inferUpdate(std::optional<Location> loc, ValueRange operands,
                                                unsigned states, Value clipScale, Types &results) {
  Type parameter = operands[0].getType();
  for (Value operand : operands.slice(1, 1 + states))
    if (operand.getType() != parameter)
      return emitOptionalError(loc, "gradient and state must be like the parameter, ", parameter,
                               ", got ", operand.getType());
  if (clipScale && tensorType(clipScale).getNumElements() != 1)
    return emitOptionalError(loc, "clip must be one number, got ", clipScale.getType());
  results.append(1 + states, parameter);
  return success();
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
