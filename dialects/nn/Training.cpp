//===- Training.cpp - parameters and optimizer state ----------------------------===//
#include "dialects/nn/States.h"
#include "dialects/nn/Stored.h"

using namespace mlir;
using namespace plimsoll::nn;

// Parameters ----------------------------------------------------------------

SmallVector<int64_t> ParameterOp::getFrameworkShape() {
  SmallVector<int64_t> shape(getTensorType().getShape());
  if (getTransposed())
    std::reverse(shape.begin(), shape.end());
  return shape;
}

LogicalResult ParameterOp::verify() {
  if (!isModelTensor(getType()))
    return emitOpError("type must be a tensor of static shape, got ") << getType();
  RankedTensorType type = getTensorType();
  if (getTransposed() && type.getRank() != 2)
    return emitOpError("only matrices can be transposed, got ") << type;
  for (auto [name, number] : {std::pair("lr_scale", getLrScale()), std::pair("decay", getDecay())})
    if (number && (!number->isFinite() || number->isNegative()))
      return emitOpError(name) << " must be a number of at least 0, got "
                               << number->convertToDouble();
  if (getTrainable() && !isa<FloatType>(type.getElementType()))
    return emitOpError("only floating-point tensors can be trained, got ") << type;
  int64_t needed = type.getNumElements() * elementBytes(storedElementType(*this));
  BytesAttr source = getSourceAttr();
  int64_t given = source ? source.getSize() : needed;
  if (auto pieces = (*this)->getAttrOfType<DenseI64ArrayAttr>(kPiecesAttr); source && pieces) {
    given = 0;
    for (int64_t i = 0; i + 1 < pieces.size(); i += 2) {
      if (pieces[i] < 0 || pieces[i + 1] < 0 || pieces[i] > source.getSize() - pieces[i + 1])
        return emitOpError("has a piece from byte ")
               << pieces[i] << " of " << pieces[i + 1] << " bytes, outside its source";
      given += pieces[i + 1];
    }
  }
  if (given != needed)
    return emitOpError("source has ") << given << " bytes, the tensor needs " << needed;
  return success();
}

LogicalResult StateOp::verify() {
  if (!isModelTensor(getType()))
    return emitOpError("type must be a tensor of static shape, got ") << getType();
  bool coded = isCoded(getElementTypeOrSelf(getType()));
  if (coded != getScales().has_value())
    return emitOpError(coded ? "of ui8 is codes and needs 'scales'"
                             : "has 'scales', which only codes, of ui8, have");
  return success();
}

/// Refuses a symbol that is no parameter or state, or that has another type than `type`.
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
  if (!getScales())
    return success();
  auto scales = symbols.lookupNearestSymbolFrom<StateOp>(*this, getScalesAttr());
  if (!scales || scales.getOf() != getOf())
    return emitOpError("there is no state ") << getScalesAttr() << " of " << getOfAttr();
  Type expected = scalesTypeOf(cast<RankedTensorType>(getType()));
  if (scales.getType() != expected)
    return emitOpError("the type of its scales is ") << scales.getType() << ", not " << expected;
  return success();
}
