//===- NNOps.cpp - generated parts of the nn ops ------------------------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/States.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace plimsoll::nn;

/// Prints one type for operands that all have it; the parser assigns it to all of them.
template <typename... Types>
static void printOneType(OpAsmPrinter &p, Operation *, Type first, Types...) {
  p << first;
}

template <typename... Types>
static ParseResult parseOneType(OpAsmParser &parser, Type &first, Types &...others) {
  if (parser.parseType(first))
    return failure();
  ((others = first), ...);
  return success();
}

/// Prints the parameter's type, which the gradient has too, and what states are kept in unless they
/// have it: `tensor<64x32xf32> state ui8`.
template <typename... Types>
static void printUpdateTypes(OpAsmPrinter &p, Operation *, Type parameter, Type, TypeRange,
                             Type state, Types...) {
  p << parameter;
  if (state != parameter)
    p << " state " << getElementTypeOrSelf(state);
}

template <typename... Types>
static ParseResult parseUpdateTypes(OpAsmParser &parser, Type &parameter, Type &gradient,
                                    SmallVectorImpl<Type> &scales, Types &...states) {
  SMLoc at = parser.getCurrentLocation();
  if (parser.parseType(parameter))
    return failure();
  gradient = parameter;
  ((states = parameter), ...);
  if (failed(parser.parseOptionalKeyword("state")))
    return success();
  Type element;
  if (parser.parseType(element))
    return failure();
  auto tensor = dyn_cast<RankedTensorType>(parameter);
  if (!tensor || !isAddressable(tensor) || !element.isIntOrFloat())
    return parser.emitError(at, "expected a tensor of static shape, then what states are kept in");
  ((states = tensor.clone(element)), ...);
  if (isCoded(element))
    scales.assign(sizeof...(states), scalesTypeOf(tensor));
  return success();
}

#define GET_OP_CLASSES
#include "dialects/nn/NNOps.cpp.inc"
