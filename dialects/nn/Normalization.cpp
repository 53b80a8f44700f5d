//===- Normalization.cpp - layer normalisation and its gradients ----------------===//
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll::nn;

using Types = SmallVectorImpl<Type>;

static RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

LogicalResult LayerNormOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                            Adaptor adaptor, Types &results) {
  RankedTensorType x = tensorType(adaptor.getX()), scale = tensorType(adaptor.getScale());
  if (scale.getRank() > x.getRank() || x.getShape().take_back(scale.getRank()) != scale.getShape())
    return emitOptionalError(loc, "scale ", scale, " is not the shape of the last dimensions of ",
                             x);
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
  results.push_back(adaptor.getX().getType());
  return success();
}

LogicalResult LayerNormGradParamsOp::verify() {
  RankedTensorType x = getX().getType(), scale = getDscale().getType();
  if (getDy().getType() != x)
    return emitOpError("dy and x differ: ") << getDy().getType() << " and " << x;
  if (getDbias().getType() != scale)
    return emitOpError("dscale and dbias differ: ") << scale << " and " << getDbias().getType();
  if (scale.getRank() > x.getRank() || x.getShape().take_back(scale.getRank()) != scale.getShape())
    return emitOpError("dscale ") << scale << " is not the shape of the last dimensions of " << x;
  return success();
}
