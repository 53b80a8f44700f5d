//===- Optimizers.cpp - updates of parameters, accumulation, clipping ------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll::nn;

using Types = SmallVectorImpl<Type>;

// Updates -------------------------------------------------------------------

/// Gives results the types of the operands that they overwrite. Refuses gradients and states of
/// other types, and a clip scale that is not one number.
template <typename Op>
static LogicalResult inferUpdate(std::optional<Location> loc, typename Op::Adaptor adaptor,
                                 Types &results) {
  ValueRange operands = adaptor.getOperands();
  for (unsigned i = 1; i < 2 + Op::kStates; ++i)
    if (operands[i].getType() != operands[0].getType())
      return emitOptionalError(loc, "gradient and state must be like the parameter, ",
                               operands[0].getType(), ", got ", operands[i].getType());
  if (Value scale = adaptor.getClipScale(); scale && tensorType(scale).getNumElements() != 1)
    return emitOptionalError(loc, "clip must be one number, got ", scale.getType());
  results.append(1 + Op::kStates, operands[0].getType());
  return success();
}

#define INFER_UPDATE(Op)                                                                           \
  LogicalResult Op::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,  \
                                     Types &results) {                                             \
    return inferUpdate<Op>(loc, adaptor, results);                                                 \
  }
INFER_UPDATE(AdamWOp)
INFER_UPDATE(AdamOp)
INFER_UPDATE(SgdOp)
INFER_UPDATE(SgdPlainOp)
INFER_UPDATE(LionOp)
INFER_UPDATE(AdagradOp)
INFER_UPDATE(RmspropOp)
INFER_UPDATE(RmspropMomentumOp)
#undef INFER_UPDATE

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
