//===- StableForms.h - formulas that are stable where the file's are not -*- C++ -*-===//
//
// Some functions are exported as formulas that overflow where the function does not, or that have
// no gradient at a point where the function has one. The forms here have PyTorch's values and
// gradients everywhere (test/special-points). As in Node, a null operand gives a null result.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_OPS_STABLEFORMS_H
#define PLIMSOLL_COMPILER_ONNX_OPS_STABLEFORMS_H

#include "compiler/onnx/fold/Arithmetic.h"

namespace plimsoll::import {

/// isConstant: true if the value is computed from numbers of the file only. isPositive: true for a
/// number above 0.
bool isConstant(mlir::Value value);
bool isPositive(mlir::Value value);

/// Returns `x` limited from one side by a number; on the bound and beyond it the gradient is 0.
mlir::Value clampBelow(Arithmetic &a, mlir::Value x, mlir::Value low);
mlir::Value clampAbove(Arithmetic &a, mlir::Value x, mlir::Value high);

/// Returns the square root of a sum of squares, a norm, whose gradient at 0 is 0.
mlir::Value rootOfSquares(Arithmetic &a, mlir::Value sum);

/// Returns the square root of `x`. If `x` is a variance, the gradient at 0 is 0.
mlir::Value stableRoot(Arithmetic &a, mlir::Value x);

/// Returns ln x. If `x` is a sigmoid, 1 + e^a or e^a + e^b, the form does not overflow.
mlir::Value stableLog(Arithmetic &a, mlir::Value x);

/// For where(x = 0, 1, sin(z) / z) with z a multiple of x: returns `other` with a divisor that is
/// not 0 where `other` is not chosen, since its gradient there would be 0 times infinity. Otherwise
/// returns `other` itself.
mlir::Value withSafeDivisor(Arithmetic &a, mlir::Value condition, mlir::Value chosen,
                            mlir::Value other);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_OPS_STABLEFORMS_H
