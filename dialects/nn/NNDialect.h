//===- NNDialect.h - the nn dialect and its ops --------------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_NN_NNDIALECT_H
#define PLIMSOLL_DIALECTS_NN_NNDIALECT_H

#include "dialects/nn/LoopNest.h"
#include "dialects/nn/NNInterfaces.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/nn/NNOpsDialect.h.inc"
#include "dialects/nn/NNOpsEnums.h.inc"

namespace plimsoll::nn {

/// Says that a result of an op is the gradient of a forward value (see PhaseAttr).
struct GradientOf {
  unsigned result; ///< its index
  unsigned value;  ///< the number of the forward value

  bool operator==(const GradientOf &) const = default;
  bool operator<(const GradientOf &other) const {
    return std::tie(result, value) < std::tie(other.result, other.value);
  }
};
inline llvm::hash_code hash_value(const GradientOf &gradient) {
  return llvm::hash_combine(gradient.result, gradient.value);
}

} // namespace plimsoll::nn

#define GET_ATTRDEF_CLASSES
#include "dialects/nn/NNOpsAttributes.h.inc"
#define GET_OP_CLASSES
#include "dialects/nn/NNOps.h.inc"

#endif // PLIMSOLL_DIALECTS_NN_NNDIALECT_H
