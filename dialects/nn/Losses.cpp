//===- Losses.cpp - losses and their gradients ------------------------------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll::nn;

using Types = SmallVectorImpl<Type>;

static Type scalarLike(Value value) {
  return tensorType(value).clone(ArrayRef<int64_t>{});
}

/// Refuses a gradient of a loss that is not one number of the type of `of`.
static LogicalResult checkLossGradient(std::optional<Location> loc, Value gradient, Value of) {
  RankedTensorType type = tensorType(gradient);
  if (type.getNumElements() != 1 || type.getElementType() != tensorType(of).getElementType())
    return emitOptionalError(loc, "dloss must be one number like the scores, got ", type);
  return success();
}

// Classes -------------------------------------------------------------------

/// Refuses labels, class weights and label smoothing that do not fit the logits.
template <typename Adaptor>
static LogicalResult checkClasses(std::optional<Location> loc, Adaptor adaptor) {
  RankedTensorType scores = tensorType(adaptor.getLogits());
  RankedTensorType labels = tensorType(adaptor.getLabels());
  int64_t axis = adaptor.getAxis().value_or(scores.getRank() - 1);
  if (scores.getRank() > 0 && (axis < 0 || axis >= scores.getRank()))
    return emitOptionalError(loc, "axis ", axis, " is no dimension of ", scores);
  SmallVector<int64_t> rows(scores.getShape());
  if (!rows.empty())
    rows.erase(rows.begin() + axis);
  if (std::optional<int64_t> first = adaptor.getFirstRow()) {
    if (scores.getRank() != 2 || axis != 1 || labels.getRank() != 1 || *first < 0 ||
        *first > labels.getDimSize(0) - scores.getDimSize(0))
      return emitOptionalError(loc, "rows ", *first, " and following of ", labels,
                               " are not labels of ", scores);
  } else if (scores.getRank() == 0 || ArrayRef<int64_t>(rows) != labels.getShape())
    return emitOptionalError(loc, "labels ", labels, " are not one class for each row of ", scores);
  Value weights = adaptor.getWeights();
  if (weights && (tensorType(weights).getShape() != scores.getShape().slice(axis, 1) ||
                  tensorType(weights).getElementType() != scores.getElementType()))
    return emitOptionalError(loc, "weights ", weights.getType(), " are not one for each class of ",
                             scores);
  std::optional<APFloat> smoothing = adaptor.getLabelSmoothing();
  double share = smoothing ? smoothing->convertToDouble() : 0.0;
  if (!(share >= 0.0 && share <= 1.0))
    return emitOptionalError(loc, "label_smoothing must be in [0, 1], got ", share);
  return success();
}

LogicalResult CrossEntropyOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                               Adaptor adaptor, Types &results) {
  Type scalar = scalarLike(adaptor.getLogits());
  results.append({scalar, scalar});
  return checkClasses(loc, adaptor);
}

LogicalResult CrossEntropyGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                   Adaptor adaptor, Types &results) {
  results.push_back(adaptor.getLogits().getType());
  if (failed(checkLossGradient(loc, adaptor.getDloss(), adaptor.getLogits())))
    return failure();
  return checkClasses(loc, adaptor);
}

LogicalResult CrossEntropyWithGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                       Adaptor adaptor, Types &results) {
  Type scalar = scalarLike(adaptor.getLogits());
  results.append({scalar, scalar, adaptor.getLogits().getType()});
  return checkClasses(loc, adaptor);
}

/// Takes rows for whole: the mean is one over those that count, which the labels of all say.
template <typename Op>
static FactorBuilder classFactors(Op op, std::optional<unsigned> gradientResult) {
  FactorBuilder builder(op);
  FactorLabels logits = builder.operand(0) = builder.addAll(op.getLogits(), FactorKind::whole);
  if (gradientResult)
    builder.result(*gradientResult) = logits;
  if (op.getWeights())
    builder.operand(op->getNumOperands() - 1) = {logits[op.getClassAxis()]};
  logits.erase(logits.begin() + op.getClassAxis());
  builder.operand(1) =
      op.getFirstRow() ? builder.addAll(op.getLabels(), FactorKind::whole) : logits;
  return builder;
}

IndexFactors CrossEntropyOp::getIndexFactors() {
  return classFactors(*this, std::nullopt).finish();
}
IndexFactors CrossEntropyGradOp::getIndexFactors() {
  return classFactors(*this, 0).finish();
}
IndexFactors CrossEntropyWithGradOp::getIndexFactors() {
  return classFactors(*this, 2).finish();
}

// Distributions -------------------------------------------------------------

template <typename Adaptor>
static LogicalResult checkDistribution(std::optional<Location> loc, Adaptor adaptor) {
  Type logits = adaptor.getLogits().getType();
  if (logits != adaptor.getTarget().getType())
    return emitOptionalError(loc, "the target must be like the logits, ", logits, ", got ",
                             adaptor.getTarget().getType());
  if (tensorType(adaptor.getLogits()).getRank() < 2)
    return emitOptionalError(loc, "needs two dimensions or more, classes last, got ", logits);
  double temperature = adaptor.getTemperature().convertToDouble();
  if (!(temperature > 0.0 && std::isfinite(temperature)))
    return emitOptionalError(loc, "temperature must be positive, got ", temperature);
  if (std::optional<int64_t> batch = adaptor.getBatch(); batch && *batch < 1)
    return emitOptionalError(loc, "batch must be positive, got ", *batch);
  return success();
}

LogicalResult KlDivergenceOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                               Adaptor adaptor, Types &results) {
  results.push_back(scalarLike(adaptor.getLogits()));
  return checkDistribution(loc, adaptor);
}

LogicalResult KlDivergenceGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                   Adaptor adaptor, Types &results) {
  results.push_back(adaptor.getLogits().getType());
  if (failed(checkLossGradient(loc, adaptor.getDloss(), adaptor.getLogits())))
    return failure();
  return checkDistribution(loc, adaptor);
}

/// Names the dimensions of a mean over the first one, a sum over the others, which are of kind
/// `rows`, and a softmax over the last one. With a batch of its own the mean is a sum, too.
template <typename Op> static FactorBuilder distributionFactors(Op op, FactorKind rows) {
  FactorBuilder builder(op);
  FactorLabels logits = builder.addAll(op.getLogits(), rows);
  builder[logits.back()].kind = FactorKind::whole;
  if (!op.getBatch())
    builder[logits.front()].kind = FactorKind::whole;
  builder.operand(0) = builder.operand(1) = logits;
  return builder;
}

IndexFactors KlDivergenceOp::getIndexFactors() {
  return distributionFactors(*this, FactorKind::reduced).finish();
}
IndexFactors KlDivergenceGradOp::getIndexFactors() {
  FactorBuilder builder = distributionFactors(*this, FactorKind::free);
  builder.result(0) = builder.operand(0);
  return builder.finish();
}

// Single numbers ------------------------------------------------------------

static LogicalResult checkTarget(std::optional<Location> loc, Value x, Value target) {
  if (x.getType() != target.getType())
    return emitOptionalError(loc, "the target must be like the operand, ", x.getType(), ", got ",
                             target.getType());
  return success();
}

LogicalResult PointwiseLossOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                Adaptor adaptor, Types &results) {
  results.push_back(scalarLike(adaptor.getX()));
  return checkTarget(loc, adaptor.getX(), adaptor.getTarget());
}

LogicalResult PointwiseLossGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                    Adaptor adaptor, Types &results) {
  results.push_back(adaptor.getX().getType());
  if (failed(checkLossGradient(loc, adaptor.getDloss(), adaptor.getX())))
    return failure();
  return checkTarget(loc, adaptor.getX(), adaptor.getTarget());
}

template <typename Op> static LogicalResult checkDelta(Op op) {
  bool isHuber = op.getKind() == PointwiseLossKind::huber;
  std::optional<APFloat> delta = op.getDelta();
  if (isHuber != delta.has_value())
    return op.emitOpError("delta belongs to huber, and huber needs one");
  if (delta && !(delta->convertToDouble() > 0.0))
    return op.emitOpError("delta must be positive, got ") << delta->convertToDouble();
  return success();
}

LogicalResult PointwiseLossOp::verify() {
  return checkDelta(*this);
}

LogicalResult PointwiseLossGradOp::verify() {
  return checkDelta(*this);
}

/// Takes everything for whole: loss and gradient are divided by the number of elements.
static FactorBuilder meanFactors(Operation *op) {
  FactorBuilder builder(op);
  builder.operand(0) = builder.operand(1) = builder.addAll(op->getOperand(0), FactorKind::whole);
  return builder;
}

IndexFactors PointwiseLossOp::getIndexFactors() {
  return meanFactors(*this).finish();
}
IndexFactors PointwiseLossGradOp::getIndexFactors() {
  FactorBuilder builder = meanFactors(*this);
  builder.result(0) = builder.operand(0);
  return builder.finish();
}
