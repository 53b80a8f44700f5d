//===- Matching.h - patterns that the raising passes share ---------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_PREPARE_MATCHING_H
#define PLIMSOLL_PASSES_PREPARE_MATCHING_H

#include "dialects/nn/NNDialect.h"
#include <optional>

namespace plimsoll::prepare {

/// Returns the number that all elements of a constant have, looking through views and broadcasts.
std::optional<double> constantNumber(mlir::Value value);

/// True if `value` is within a relative 1e-5 of `expected`. Exporters write constants in f32.
bool isNear(double value, double expected);

/// A product: all constant factors multiplied into `number`, and the other factors.
struct Product {
  double number = 1.0;
  llvm::SmallVector<mlir::Value> factors;
};
/// Splits `value` at multiplications, and at divisions by constants.
Product takeApart(mlir::Value value);

/// Returns the operand of `op` besides `known`, or null if `known` is no operand.
template <typename Op> mlir::Value otherOperand(Op op, mlir::Value known) {
  if (op.getA() == known)
    return op.getB();
  return op.getB() == known ? op.getA() : mlir::Value();
}

/// Returns the operand of an addition whose other operand is the constant `number`, or null.
mlir::Value addendBesides(mlir::Value sum, double number);

/// True if no parameter went into `value`, so that it needs no gradient: a mask or a table, but not
/// a learned bias.
bool isFixed(mlir::Value value);

/// Returns a mask or table with four dimensions, the first ones of size 1; null if it has more, or
/// if its last dimension is not `last`.
mlir::Value asFourDimensions(mlir::OpBuilder &builder, mlir::Value value, int64_t last);

} // namespace plimsoll::prepare

#endif // PLIMSOLL_PASSES_PREPARE_MATCHING_H
