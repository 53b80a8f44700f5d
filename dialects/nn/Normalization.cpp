//===- Normalization.cpp - layer and batch normalisation, their gradients -------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"

using namespace mlir;
using namespace plimsoll::nn;

using Types = SmallVectorImpl<Type>;

/// Refuses a `scale` without the shape of the last dimensions of `x`, and statistics without that
/// of the dimensions before those.
static LogicalResult checkStatistics(std::optional<Location> loc, RankedTensorType x,
                                     RankedTensorType scale, ValueRange statistics) {
  if (scale.getRank() > x.getRank() || x.getShape().take_back(scale.getRank()) != scale.getShape())
    return emitOptionalError(loc, "scale ", scale, " is not the shape of the last dimensions of ",
                             x);
  RankedTensorType expected = x.clone(x.getShape().drop_back(scale.getRank()));
  for (Value statistic : statistics)
    if (statistic.getType() != expected)
      return emitOptionalError(loc, "the statistics of ", x, " should be ", expected, ", got ",
                               statistic.getType());
  return success();
}

LogicalResult LayerNormOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                            Adaptor adaptor, Types &results) {
  RankedTensorType x = tensorType(adaptor.getX()), scale = tensorType(adaptor.getScale());
  if (failed(checkStatistics(loc, x, scale, {})))
    return failure();
  if (adaptor.getBias() && adaptor.getBias().getType() != scale)
    return emitOptionalError(loc, "bias ", adaptor.getBias().getType(), " is not like scale ",
                             scale);
  RankedTensorType statistics = x.clone(x.getShape().drop_back(scale.getRank()));
  results.append({x, statistics, statistics});
  return success();
}

LogicalResult LayerNormGradInputOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                     Adaptor adaptor, Types &results) {
  if (adaptor.getDy().getType() != adaptor.getX().getType())
    return emitOptionalError(loc, "dy and x differ: ", adaptor.getDy().getType(), " and ",
                             adaptor.getX().getType());
  RankedTensorType x = tensorType(adaptor.getX()), scale = tensorType(adaptor.getScale());
  results.push_back(x);
  return checkStatistics(loc, x, scale, {adaptor.getMean(), adaptor.getRstd()});
}

LogicalResult LayerNormGradParamsOp::verify() {
  RankedTensorType x = getX().getType(), scale = getDscale().getType();
  if (getDy().getType() != x)
    return emitOpError("dy and x differ: ") << getDy().getType() << " and " << x;
  if (getDbias().getType() != scale)
    return emitOpError("dscale and dbias differ: ") << scale << " and " << getDbias().getType();
  if (scale.getRank() > x.getRank() || x.getShape().take_back(scale.getRank()) != scale.getShape())
    return emitOpError("dscale ") << scale << " is not the shape of the last dimensions of " << x;
  return checkStatistics(getLoc(), x, scale, {getMean(), getRstd()});
}

LogicalResult LayerNormGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                Adaptor adaptor, Types &results) {
  RankedTensorType x = tensorType(adaptor.getX()), scale = tensorType(adaptor.getScale());
  if (adaptor.getDy().getType() != x)
    return emitOptionalError(loc, "dy and x differ: ", adaptor.getDy().getType(), " and ", x);
  if (adaptor.getAddend() && adaptor.getAddend().getType() != x)
    return emitOptionalError(loc, "addend ", adaptor.getAddend().getType(), " is not like x ", x);
  results.append({x, scale, scale});
  return checkStatistics(loc, x, scale, {adaptor.getMean(), adaptor.getRstd()});
}

namespace {
/// Names the rows of a layer normalisation and what it normalises over.
struct LayerFactors {
  LayerFactors(Operation *op, Value x, int64_t trailing, FactorKind row, FactorKind normalised)
      : builder(op), x(builder.addAll(x, row)), rows(ArrayRef(this->x).drop_back(trailing)),
        scale(ArrayRef(this->x).take_back(trailing)) {
    for (int64_t label : scale)
      builder[label].kind = normalised;
  }

  FactorBuilder builder;
  FactorLabels x, rows, scale;
};
} // namespace

IndexFactors LayerNormOp::getIndexFactors() {
  LayerFactors factors(*this, getX(), getScale().getType().getRank(), FactorKind::free,
                       FactorKind::whole);
  factors.builder.operand(0) = factors.builder.result(0) = factors.x;
  factors.builder.operandsFrom(1, factors.scale);
  factors.builder.resultsFrom(1, factors.rows);
  return factors.builder.finish();
}

IndexFactors LayerNormGradInputOp::getIndexFactors() {
  LayerFactors factors(*this, getX(), getScale().getType().getRank(), FactorKind::free,
                       FactorKind::whole);
  factors.builder.operand(0) = factors.builder.operand(1) = factors.x;
  factors.builder.operand(2) = factors.scale;
  factors.builder.operandsFrom(3, factors.rows);
  factors.builder.result(0) = factors.x;
  return factors.builder.finish();
}

IndexFactors LayerNormGradParamsOp::getIndexFactors() {
  LayerFactors factors(*this, getX(), getDscale().getType().getRank(), FactorKind::reduced,
                       FactorKind::free);
  factors.builder.operand(0) = factors.builder.operand(1) = factors.x;
  factors.builder.operandsFrom(2, factors.rows);
  factors.builder.resultsFrom(0, factors.scale);
  return factors.builder.finish();
}

IndexFactors LayerNormGradOp::getIndexFactors() {
  LayerFactors factors(*this, getX(), getScale().getType().getRank(), FactorKind::reduced,
                       FactorKind::whole);
  factors.builder.operand(0) = factors.builder.operand(1) = factors.x;
  factors.builder.operand(2) = factors.scale;
  factors.builder.operand(3) = factors.builder.operand(4) = factors.rows;
  if (getAddend())
    factors.builder.operand(5) = factors.x;
  factors.builder.result(0) = factors.x;
  factors.builder.resultsFrom(1, factors.scale);
  return factors.builder.finish();
}

// Batch normalisation -------------------------------------------------------

/// Refuses `parameters` that do not have one element for each channel of `x`.
static LogicalResult checkChannels(std::optional<Location> loc, Value x, ValueRange parameters) {
  RankedTensorType type = tensorType(x);
  if (type.getRank() < 2)
    return emitOptionalError(loc, "needs [batch, channels, ...], got ", type);
  RankedTensorType expected = type.clone(ArrayRef<int64_t>{type.getDimSize(1)});
  for (Value parameter : parameters)
    if (parameter.getType() != expected)
      return emitOptionalError(loc, "scale, bias and statistics of ", type, " must be ", expected,
                               ", got ", parameter.getType());
  return success();
}

LogicalResult BatchNormOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                            Adaptor adaptor, Types &results) {
  Value scale = adaptor.getScale();
  results.append({adaptor.getX().getType(), scale.getType(), scale.getType()});
  return checkChannels(loc, adaptor.getX(), {scale, adaptor.getBias()});
}

LogicalResult BatchNormGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                Adaptor adaptor, Types &results) {
  if (adaptor.getDy().getType() != adaptor.getX().getType())
    return emitOptionalError(loc, "dy and x differ: ", adaptor.getDy().getType(), " and ",
                             adaptor.getX().getType());
  Value scale = adaptor.getScale();
  results.append({adaptor.getX().getType(), scale.getType(), scale.getType()});
  return checkChannels(loc, adaptor.getX(), {scale, adaptor.getMean(), adaptor.getVariance()});
}

LogicalResult BatchNormReluOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                Adaptor adaptor, Types &results) {
  Type x = adaptor.getX().getType(), scale = adaptor.getScale().getType();
  if (adaptor.getAddend() && adaptor.getAddend().getType() != x)
    return emitOptionalError(loc, "addend ", adaptor.getAddend().getType(), " is not like x ", x);
  results.append({x, scale, scale});
  return checkChannels(loc, adaptor.getX(), {adaptor.getScale(), adaptor.getBias()});
}

LogicalResult BatchNormReluGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                    Adaptor adaptor, Types &results) {
  Type x = adaptor.getX().getType(), scale = adaptor.getScale().getType();
  for (Value value : {adaptor.getDy(), adaptor.getY()})
    if (value.getType() != x)
      return emitOptionalError(loc, "dy and y must be like x ", x, ", got ", value.getType());
  results.append({x, scale, scale});
  return checkChannels(loc, adaptor.getX(),
                       {adaptor.getScale(), adaptor.getMean(), adaptor.getVariance()});
}

LogicalResult BatchNormInferenceOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                     Adaptor adaptor, Types &results) {
  results.push_back(adaptor.getX().getType());
  return checkChannels(
      loc, adaptor.getX(),
      {adaptor.getScale(), adaptor.getBias(), adaptor.getMean(), adaptor.getVariance()});
}

LogicalResult BatchNormUpdateOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                  Adaptor adaptor, Types &results) {
  Type type = adaptor.getRunningMean().getType();
  for (Value value : {adaptor.getRunningVariance(), adaptor.getMean(), adaptor.getVariance()})
    if (value.getType() != type)
      return emitOptionalError(loc, "statistics must all be ", type, ", got ", value.getType());
  if (adaptor.getCount() < 2)
    return emitOptionalError(loc,
                             "the variance of fewer than two elements is not defined, got a "
                             "count of ",
                             adaptor.getCount());
  results.append({type, type});
  return success();
}

/// Returns the factors of an op whose first `images` operands and result 0 are images; all others
/// have a number for each channel.
/// Channels do not depend on each other; what else an image has is of kind `others`.
static IndexFactors channelFactors(Operation *op, unsigned images, FactorKind others) {
  FactorBuilder builder(op);
  FactorLabels x = builder.addAll(op->getOperand(0), others);
  builder[x[1]].kind = FactorKind::free;
  builder.operandsFrom(0, x[1]);
  builder.resultsFrom(0, x[1]);
  for (unsigned index = 0; index < images; ++index)
    builder.operand(index) = x;
  builder.result(0) = x;
  return builder.finish();
}

IndexFactors BatchNormOp::getIndexFactors() {
  return channelFactors(*this, 1, FactorKind::whole);
}
IndexFactors BatchNormGradOp::getIndexFactors() {
  return channelFactors(*this, 2, FactorKind::whole);
}
IndexFactors BatchNormReluOp::getIndexFactors() {
  IndexFactors factors = channelFactors(*this, 1, FactorKind::whole);
  if (getAddend())
    factors.operands[3] = factors.operands[0];
  return factors;
}
IndexFactors BatchNormReluGradOp::getIndexFactors() {
  return channelFactors(*this, 3, FactorKind::whole);
}
IndexFactors BatchNormInferenceOp::getIndexFactors() {
  return channelFactors(*this, 1, FactorKind::free);
}
IndexFactors BatchNormUpdateOp::getIndexFactors() {
  return detail::updateFactors(*this, getNumOperands());
}
