//===- Matching.h - what the raising passes look for in common -----*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_PREPARE_MATCHING_H
#define PLIMSOLL_PASSES_PREPARE_MATCHING_H

#include "dialects/nn/NNDialect.h"
#include <optional>

namespace plimsoll::prepare {

/// The number that every element of a constant is, seen through views and repetition.
std::optional<double> constantNumber(mlir::Value value);

/// True if `value` is within a relative 1e-5 of `expected`: constants are written in f32.
bool isNear(double value, double expected);

/// A product taken apart: numbers multiplied into one, the rest as they stand.
struct Product {
  double number = 1.0;
  llvm::SmallVector<mlir::Value> factors;
};
/// Takes multiplications and divisions by numbers apart.
Product takeApart(mlir::Value value);

/// The other operand of an addition (or multiplication) one of whose operands is `known`.
template <typename Op> mlir::Value otherOperand(Op op, mlir::Value known) {
  if (op.getA() == known)
    return op.getB();
  return op.getB() == known ? op.getA() : mlir::Value();
}

/// The operand of an addition whose other operand is the number `number`, or null.
mlir::Value addendBesides(mlir::Value sum, double number);

} // namespace plimsoll::prepare

#endif // PLIMSOLL_PASSES_PREPARE_MATCHING_H
