//===- Rows.cpp - ops along the last dimension ----------------------------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"

using namespace mlir;
using namespace plimsoll::nn;

using Types = SmallVectorImpl<Type>;

/// Appends the type of `x` with elements `element` and its last dimension replaced by `last`
/// (nothing or one size). Refuses scalars.
static LogicalResult inferRows(std::optional<Location> loc, Value x, Type element,
                               ArrayRef<int64_t> last, Types &results) {
  RankedTensorType type = tensorType(x);
  if (type.getRank() == 0)
    return emitOptionalError(loc, "a scalar has no last dimension");
  SmallVector<int64_t> shape(type.getShape().drop_back());
  llvm::append_range(shape, last);
  results.push_back(RankedTensorType::get(shape, element));
  return success();
}

LogicalResult ReduceOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                         Adaptor adaptor, Types &results) {
  return inferRows(loc, adaptor.getX(), tensorType(adaptor.getX()).getElementType(), {}, results);
}

/// Tells sums, whose parts add up, from maxima and products.
IndexFactors ReduceOp::getIndexFactors() {
  return detail::rowFactors(*this,
                            getKind() == Reduction::sum ? FactorKind::reduced : FactorKind::whole);
}

LogicalResult ReduceProdGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                 Adaptor adaptor, Types &results) {
  RankedTensorType x = tensorType(adaptor.getX());
  if (x.getRank() == 0 || tensorType(adaptor.getDy()) != x.clone(x.getShape().drop_back()))
    return emitOptionalError(loc, "dy ", adaptor.getDy().getType(), " is not a product of ", x);
  results.push_back(x);
  return success();
}

LogicalResult ArgReduceOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc,
                                            Adaptor adaptor, Types &results) {
  if (adaptor.getKind() != Reduction::max && adaptor.getKind() != Reduction::min)
    return emitOptionalError(loc, "the kind must be max or min");
  if (tensorType(adaptor.getX()).getRank() > 0 && tensorType(adaptor.getX()).getShape().back() == 0)
    return emitOptionalError(loc, "no position in an empty dimension: ", adaptor.getX().getType());
  return inferRows(loc, adaptor.getX(), IntegerType::get(context, 64), {}, results);
}

LogicalResult CumSumOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                         Adaptor adaptor, Types &results) {
  if (tensorType(adaptor.getX()).getRank() == 0)
    return emitOptionalError(loc, "a scalar has no last dimension");
  results.push_back(adaptor.getX().getType());
  return success();
}

IndexFactors CumSumOp::getIndexFactors() {
  return detail::rowFactors(*this, FactorKind::ordered);
}

LogicalResult TopKOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc,
                                       Adaptor adaptor, Types &results) {
  RankedTensorType x = tensorType(adaptor.getX());
  int64_t k = adaptor.getK();
  if (x.getRank() > 0 && (k < 0 || k > x.getShape().back()))
    return emitOptionalError(loc, "cannot take ", k, " of the ", x.getShape().back(),
                             " elements of the last dimension");
  if (failed(inferRows(loc, adaptor.getX(), x.getElementType(), k, results)))
    return failure();
  return inferRows(loc, adaptor.getX(), IntegerType::get(context, 64), k, results);
}

IndexFactors TopKOp::getIndexFactors() {
  FactorBuilder builder(*this);
  FactorLabels labels = builder.addAll(getX(), FactorKind::free);
  builder[labels.back()].kind = FactorKind::whole;
  builder.operand(0) = labels;
  labels.back() = builder.add(getK(), FactorKind::whole);
  builder.resultsFrom(0, labels);
  return builder.finish();
}

LogicalResult LogSoftmaxOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                             Adaptor adaptor, Types &results) {
  if (tensorType(adaptor.getX()).getRank() == 0)
    return emitOptionalError(loc, "a scalar has no last dimension");
  results.push_back(adaptor.getX().getType());
  return success();
}

LogicalResult RotaryOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                         Adaptor adaptor, Types &results) {
  RankedTensorType x = tensorType(adaptor.getX()), table = tensorType(adaptor.getCos());
  if (x.getRank() != 4 || x.getDimSize(3) % 2 != 0)
    return emitOptionalError(loc, "expected four dimensions, the last of even size, got ", x);
  bool fits = table.getRank() == 4 && table.getElementType() == x.getElementType() &&
              table.getDimSize(3) == x.getDimSize(3);
  for (int64_t d = 0; fits && d < 3; ++d)
    fits = table.getDimSize(d) == 1 || table.getDimSize(d) == x.getDimSize(d);
  if (!fits)
    return emitOptionalError(loc, "a table ", table, " cannot be broadcast to ", x);
  results.push_back(x);
  return success();
}

IndexFactors RotaryOp::getIndexFactors() {
  IndexFactors factors = detail::elementwiseFactors(*this);
  factors.factors[factors.results[0].back()].kind = FactorKind::whole;
  return factors;
}
