//===- NNOps.cpp - generated parts of the nn ops ------------------------------===//
#include "dialects/nn/NNDialect.h"
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

#define GET_OP_CLASSES
#include "dialects/nn/NNOps.cpp.inc"
