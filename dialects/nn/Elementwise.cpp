//===- Elementwise.cpp - result types of elementwise ops ----------------------===//
#include "dialects/nn/NNDialect.h"
#include "mlir/Dialect/Traits.h"

using namespace mlir;
using namespace plimsoll::nn;

using Types = SmallVectorImpl<Type>;

/// Returns the common shape of `operands` by numpy's rules.
static FailureOr<SmallVector<int64_t>> broadcastShapes(std::optional<Location> loc,
                                                       ValueRange operands) {
  SmallVector<int64_t> shape;
  for (Value operand : operands) {
    SmallVector<int64_t> merged;
    ArrayRef<int64_t> other = cast<RankedTensorType>(operand.getType()).getShape();
    if (!OpTrait::util::getBroadcastedShape(shape, other, merged)) {
      (void)emitOptionalError(loc, "shapes do not broadcast: ", operands.front().getType(), " and ",
                              operand.getType());
      return failure();
    }
    shape = std::move(merged);
  }
  return shape;
}

static LogicalResult inferBroadcast(std::optional<Location> loc, ValueRange operands, Type element,
                                    Types &results) {
  FailureOr<SmallVector<int64_t>> shape = broadcastShapes(loc, operands);
  if (failed(shape))
    return failure();
  results.push_back(RankedTensorType::get(*shape, element));
  return success();
}

static LogicalResult inferSameElements(std::optional<Location> loc, ValueRange operands,
                                       Types &results) {
  Type element = getElementTypeOrSelf(operands.front().getType());
  for (Value operand : operands)
    if (getElementTypeOrSelf(operand.getType()) != element)
      return emitOptionalError(loc, "element types differ: ", element, " and ",
                               getElementTypeOrSelf(operand.getType()));
  return inferBroadcast(loc, operands, element, results);
}

#define INFER_SAME_ELEMENTS(OP)                                                                    \
  LogicalResult OP::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,  \
                                     Types &results) {                                             \
    return inferSameElements(loc, adaptor.getOperands(), results);                                 \
  }
INFER_SAME_ELEMENTS(NegOp)
INFER_SAME_ELEMENTS(AbsOp)
INFER_SAME_ELEMENTS(ExpOp)
INFER_SAME_ELEMENTS(LogOp)
INFER_SAME_ELEMENTS(SqrtOp)
INFER_SAME_ELEMENTS(ReciprocalOp)
INFER_SAME_ELEMENTS(SinOp)
INFER_SAME_ELEMENTS(CosOp)
INFER_SAME_ELEMENTS(TanOp)
INFER_SAME_ELEMENTS(AsinOp)
INFER_SAME_ELEMENTS(AcosOp)
INFER_SAME_ELEMENTS(AtanOp)
INFER_SAME_ELEMENTS(SinhOp)
INFER_SAME_ELEMENTS(CoshOp)
INFER_SAME_ELEMENTS(AsinhOp)
INFER_SAME_ELEMENTS(AcoshOp)
INFER_SAME_ELEMENTS(AtanhOp)
INFER_SAME_ELEMENTS(TanhOp)
INFER_SAME_ELEMENTS(ErfOp)
INFER_SAME_ELEMENTS(SigmoidOp)
INFER_SAME_ELEMENTS(ReluOp)
INFER_SAME_ELEMENTS(SignOp)
INFER_SAME_ELEMENTS(FloorOp)
INFER_SAME_ELEMENTS(CeilOp)
INFER_SAME_ELEMENTS(RoundOp)
INFER_SAME_ELEMENTS(StopGradientOp)
INFER_SAME_ELEMENTS(GeluOp)
INFER_SAME_ELEMENTS(NotOp)
INFER_SAME_ELEMENTS(TanhGradOp)
INFER_SAME_ELEMENTS(SigmoidGradOp)
INFER_SAME_ELEMENTS(ReluGradOp)
INFER_SAME_ELEMENTS(GeluGradOp)
INFER_SAME_ELEMENTS(AddOp)
INFER_SAME_ELEMENTS(SubOp)
INFER_SAME_ELEMENTS(MulOp)
INFER_SAME_ELEMENTS(DivOp)
INFER_SAME_ELEMENTS(PowOp)
INFER_SAME_ELEMENTS(MinOp)
INFER_SAME_ELEMENTS(MaxOp)
INFER_SAME_ELEMENTS(ModOp)
INFER_SAME_ELEMENTS(AndOp)
INFER_SAME_ELEMENTS(OrOp)
INFER_SAME_ELEMENTS(XorOp)
#undef INFER_SAME_ELEMENTS

LogicalResult IsNanOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc,
                                        Adaptor adaptor, Types &results) {
  return inferBroadcast(loc, adaptor.getOperands(), IntegerType::get(context, 1), results);
}

LogicalResult CastOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                       Types &results) {
  return inferBroadcast(loc, adaptor.getOperands(), adaptor.getTo(), results);
}

/// Folds a cast to the same type, and a cast back from a type that holds every number of the
/// original.
OpFoldResult CastOp::fold(FoldAdaptor) {
  if (getX().getType() == getType())
    return getX();
  auto inner = getX().getDefiningOp<CastOp>();
  if (!inner || inner.getX().getType() != getType())
    return {};
  auto from = dyn_cast<FloatType>(getElementTypeOrSelf(getType()));
  auto between = dyn_cast<FloatType>(getElementTypeOrSelf(inner.getType()));
  return from && between && from.getWidth() < between.getWidth() ? inner.getX() : Value();
}

LogicalResult CompareOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc,
                                          Adaptor adaptor, Types &results) {
  if (failed(inferSameElements(loc, adaptor.getOperands(), results)))
    return failure();
  results[0] = cast<RankedTensorType>(results[0]).clone(IntegerType::get(context, 1));
  return success();
}

LogicalResult SelectOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                         Adaptor adaptor, Types &results) {
  Type a = getElementTypeOrSelf(adaptor.getA().getType());
  Type b = getElementTypeOrSelf(adaptor.getB().getType());
  if (a != b)
    return emitOptionalError(loc, "element types differ: ", a, " and ", b);
  return inferBroadcast(loc, adaptor.getOperands(), a, results);
}
