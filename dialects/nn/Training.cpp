//===- Training.cpp - parameters, losses and optimizers ------------------------===//
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll::nn;

using Types = SmallVectorImpl<Type>;

static RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

// Parameters ----------------------------------------------------------------

SmallVector<int64_t> ParameterOp::getFrameworkShape() {
  SmallVector<int64_t> shape(getTensorType().getShape());
  if (getTransposed())
    std::reverse(shape.begin(), shape.end());
  return shape;
}

LogicalResult ParameterOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getType());
  if (!type || !type.hasStaticShape())
    return emitOpError("type must be a tensor of static shape, got ") << getType();
  if (getTransposed() && type.getRank() != 2)
    return emitOpError("only matrices can be transposed, got ") << type;
  if (getTrainable() && !isa<FloatType>(type.getElementType()))
    return emitOpError("only floating-point tensors can be trained, got ") << type;
  if (BytesAttr source = getSourceAttr(); source && source.getSize() != tensorBytes(type))
    return emitOpError("source has ")
           << source.getSize() << " bytes, the tensor needs " << tensorBytes(type);
  return success();
}

/// Refuses a symbol that is no parameter or state, or whose type is not `type`.
static LogicalResult checkSymbol(Operation *op, FlatSymbolRefAttr symbol, Type type,
                                 SymbolTableCollection &symbols) {
  Operation *found = symbols.lookupNearestSymbolFrom(op, symbol);
  Type stored;
  if (auto parameter = dyn_cast_or_null<ParameterOp>(found))
    stored = parameter.getType();
  else if (auto state = dyn_cast_or_null<StateOp>(found))
    stored = state.getType();
  else
    return op->emitOpError("there is no parameter or state ") << symbol;
  if (stored != type)
    return op->emitOpError("the type of ") << symbol << " is " << stored << ", not " << type;
  return success();
}

LogicalResult LoadOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return checkSymbol(*this, getSymbolAttr(), getValue().getType(), symbols);
}

LogicalResult StoreOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return checkSymbol(*this, getSymbolAttr(), getValue().getType(), symbols);
}

LogicalResult StateOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (!symbols.lookupNearestSymbolFrom<ParameterOp>(*this, getOfAttr()))
    return emitOpError("there is no parameter ") << getOfAttr();
  return success();
}

// Losses --------------------------------------------------------------------

static LogicalResult checkLabels(std::optional<Location> loc, Value logits, Value labels) {
  RankedTensorType scores = tensorType(logits);
  if (scores.getRank() == 0 || scores.getShape().drop_back() != tensorType(labels).getShape())
    return emitOptionalError(loc, "labels ", labels.getType(),
                             " are not one class for each row of ", scores);
  return success();
}

static Type scalarLike(Value value) {
  return tensorType(value).clone(ArrayRef<int64_t>{});
}

LogicalResult CrossEntropyOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                               Adaptor adaptor, Types &results) {
  Type scalar = scalarLike(adaptor.getLogits());
  results.append({scalar, scalar});
  return checkLabels(loc, adaptor.getLogits(), adaptor.getLabels());
}

LogicalResult CrossEntropyGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                   Adaptor adaptor, Types &results) {
  results.push_back(adaptor.getLogits().getType());
  return checkLabels(loc, adaptor.getLogits(), adaptor.getLabels());
}

LogicalResult CrossEntropyWithGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                       Adaptor adaptor, Types &results) {
  Type scalar = scalarLike(adaptor.getLogits());
  results.append({scalar, scalar, adaptor.getLogits().getType()});
  return checkLabels(loc, adaptor.getLogits(), adaptor.getLabels());
}

// Optimizers ----------------------------------------------------------------

/// Results have the types of the operands that they overwrite.
template <typename Op>
static LogicalResult inferUpdate(std::optional<Location> loc, ValueRange operands, unsigned states,
                                 Types &results) {
  for (unsigned i = 1; i < 2 + states; ++i)
    if (operands[i].getType() != operands[0].getType())
      return emitOptionalError(loc, "gradient and state must be like the parameter, ",
                               operands[0].getType(), ", got ", operands[i].getType());
  results.append(1 + states, operands[0].getType());
  return success();
}

LogicalResult AdamWOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                        Types &results) {
  return inferUpdate<AdamWOp>(loc, adaptor.getOperands(), 2, results);
}

LogicalResult SgdOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                      Types &results) {
  return inferUpdate<SgdOp>(loc, adaptor.getOperands(), 1, results);
}

LogicalResult SgdPlainOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                           Adaptor adaptor, Types &results) {
  return inferUpdate<SgdPlainOp>(loc, adaptor.getOperands(), 0, results);
}
