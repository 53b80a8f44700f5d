//===- Indexing.cpp - one index for each element ---------------------------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"

using namespace mlir;
using namespace plimsoll::nn;

using Types = SmallVectorImpl<Type>;

/// Refuses `indices` that differ from `x` in a dimension other than `axis`.
static LogicalResult checkIndices(std::optional<Location> loc, Value x, Value indices,
                                  int64_t axis) {
  RankedTensorType type = tensorType(x), index = tensorType(indices);
  bool fits = axis >= 0 && axis < type.getRank() && index.getRank() == type.getRank();
  for (int64_t d = 0; fits && d < type.getRank(); ++d)
    fits = d == axis || type.getDimSize(d) == index.getDimSize(d);
  if (!fits)
    return emitOptionalError(loc, "indices ", index, " do not address dimension ", axis, " of ",
                             type);
  return success();
}

LogicalResult GatherElementsOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                 Adaptor adaptor, Types &results) {
  if (failed(checkIndices(loc, adaptor.getX(), adaptor.getIndices(), adaptor.getAxis())))
    return failure();
  results.push_back(tensorType(adaptor.getX()).clone(tensorType(adaptor.getIndices()).getShape()));
  return success();
}

LogicalResult ScatterElementsOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                  Adaptor adaptor, Types &results) {
  RankedTensorType x = tensorType(adaptor.getX());
  if (failed(checkIndices(loc, adaptor.getX(), adaptor.getIndices(), adaptor.getAxis())))
    return failure();
  RankedTensorType expected = x.clone(tensorType(adaptor.getIndices()).getShape());
  if (adaptor.getUpdates().getType() != expected)
    return emitOptionalError(loc, "updates should be ", expected, ", got ",
                             adaptor.getUpdates().getType());
  results.push_back(x);
  return success();
}

/// Gives operand 0 an axis of its own, which the indices address.
IndexFactors GatherElementsOp::getIndexFactors() {
  FactorBuilder builder(*this);
  FactorLabels labels = builder.operand(0) = builder.addAll(getX(), FactorKind::free);
  builder[labels[getAxis()]].kind = FactorKind::data;
  int64_t count = getIndices().getType().getDimSize(getAxis());
  labels[getAxis()] = builder.add(count, FactorKind::free);
  builder.operand(1) = builder.result(0) = labels;
  return builder.finish();
}

/// Takes updates for ordered: of several of one element the last one counts, or each in its turn.
IndexFactors ScatterElementsOp::getIndexFactors() {
  FactorBuilder builder(*this);
  FactorLabels labels = builder.operand(0) = builder.result(0) =
      builder.addAll(getX(), FactorKind::free);
  builder[labels[getAxis()]].kind = FactorKind::data;
  int64_t count = getIndices().getType().getDimSize(getAxis());
  labels[getAxis()] = builder.add(count, FactorKind::ordered);
  builder.operandsFrom(1, labels);
  return builder.finish();
}
