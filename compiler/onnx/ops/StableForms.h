//===- StableForms.h - formulas that hold where the file's own fail -----*- C++ -*-===//
//
// Some functions reach the file as formulas that overflow where the function does not, or that
// have no gradient at a point where the function has one. The forms here have PyTorch's values and
// gradients everywhere (test/special-points). As all of Node: null in, null out.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_OPS_STABLEFORMS_H
#define PLIMSOLL_COMPILER_ONNX_OPS_STABLEFORMS_H

#include "compiler/onnx/fold/Arithmetic.h"

namespace plimsoll::import {

/// True for what is computed from numbers of the file alone; for a number above 0.
bool isConstant(mlir::Value value);
bool isPositive(mlir::Value value);

/// `x` limited by a number from one side: on the bound and beyond it the gradient is 0.
mlir::Value clampBelow(Arithmetic &a, mlir::Value x, mlir::Value low);
mlir::Value clampAbove(Arithmetic &a, mlir::Value x, mlir::Value high);

/// The root of a sum of squares, a norm: its gradient at 0 is 0.
mlir::Value rootOfSquares(Arithmetic &a, mlir::Value sum);

/// The root of `x`; a standard deviation if `x` is a variance, whose gradient at 0 is 0.
mlir::Value stableRoot(Arithmetic &a, mlir::Value x);

/// ln x; if `x` is a sigmoid, 1 + e^a or e^a + e^b, in a form that does not overflow.
mlir::Value stableLog(Arithmetic &a, mlir::Value x);

/// `other` of where(x = 0, 1, sin(z) / z), z a multiple of x, with a divisor that is not 0 where it
/// is not chosen: the gradient there is 0 times infinity otherwise. Else `other` itself.
mlir::Value withSafeDivisor(Arithmetic &a, mlir::Value condition, mlir::Value chosen,
                            mlir::Value other);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_OPS_STABLEFORMS_H
