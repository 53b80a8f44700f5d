//===- Arithmetic.h - short names for the ops that handlers make ----*- C++ -*-===//
//
// For operators that are formulas of other ops. As in Node, a null operand gives a null result.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_FOLD_ARITHMETIC_H
#define PLIMSOLL_COMPILER_ONNX_FOLD_ARITHMETIC_H

#include "compiler/onnx/ops/Node.h"
#include "dialects/nn/NNDialect.h"

namespace plimsoll::import {

class Arithmetic {
public:
  explicit Arithmetic(Node &node) : n(node) {}
  using Value = mlir::Value;

  Value add(Value a, Value b) { return n.emit<nn::AddOp>({a, b}); }
  Value sub(Value a, Value b) { return n.emit<nn::SubOp>({a, b}); }
  Value mul(Value a, Value b) { return n.emit<nn::MulOp>({a, b}); }
  Value div(Value a, Value b) { return n.emit<nn::DivOp>({a, b}); }
  Value min(Value a, Value b) { return n.emit<nn::MinOp>({a, b}); }
  Value max(Value a, Value b) { return n.emit<nn::MaxOp>({a, b}); }
  Value add(Value a, double b) { return add(a, n.scalar(b, a)); }
  Value mul(Value a, double b) { return mul(a, n.scalar(b, a)); }
  Value min(Value a, double b) { return min(a, n.scalar(b, a)); }
  Value max(Value a, double b) { return max(a, n.scalar(b, a)); }
  Value neg(Value x) { return n.emit<nn::NegOp>(x); }
  Value abs(Value x) { return n.emit<nn::AbsOp>(x); }
  Value exp(Value x) { return n.emit<nn::ExpOp>(x); }
  Value log(Value x) { return n.emit<nn::LogOp>(x); }
  Value sqrt(Value x) { return n.emit<nn::SqrtOp>(x); }
  Value tanh(Value x) { return n.emit<nn::TanhOp>(x); }
  Value relu(Value x) { return n.emit<nn::ReluOp>(x); }
  Value sigmoid(Value x) { return n.emit<nn::SigmoidOp>(x); }
  Value reciprocal(Value x) { return n.emit<nn::ReciprocalOp>(x); }
  Value select(Value c, Value a, Value b) { return n.emit<nn::SelectOp>({c, a, b}); }
  Value compare(nn::Predicate predicate, Value a, Value b);
  Value compare(nn::Predicate predicate, Value a, double b) {
    return compare(predicate, a, n.scalar(b, a));
  }
  Value matmul(Value a, Value b, bool transposeB = false);

  /// Returns ln(1 + e^x), without overflow.
  Value softplus(Value x);
  /// Returns the sum over `axes` (ascending), which stay as dimensions of size 1.
  Value sum(Value x, llvm::ArrayRef<int64_t> axes);
  Value mean(Value x, llvm::ArrayRef<int64_t> axes);
  /// Returns the maximum, minimum, product, or sum of integers, over `axes`, which stay with size
  /// 1.
  Value reduce(nn::Reduction kind, Value x, llvm::ArrayRef<int64_t> axes);

  /// `x` normalised over some dimensions, their mean and 1 / standard deviation.
  struct Standard {
    Value y, mean, inverse;
  };
  Standard standardize(Value x, llvm::ArrayRef<int64_t> axes, double epsilon);

  Value unsqueeze(Value x, int64_t axis);
  /// Returns `x` without dimension `axis`, whose size must be 1.
  Value squeeze(Value x, int64_t axis);
  /// Returns a tensor whose element `i` along `axis` is the operand's element `index[i]`.
  Value take(Value x, int64_t axis, llvm::ArrayRef<int64_t> index);
  Value concat(llvm::ArrayRef<Value> parts, int64_t axis);
  /// Returns 0, 1, ..., count - 1 as a vector of `element`.
  Value iota(int64_t count, mlir::Type element);
  /// Returns `x` with dimensions `axis` and the last exchanged; the same call undoes it.
  Value swapLast(Value x, int64_t axis);

  Node &n;
};

/// Returns the shape of `x`.
inline llvm::ArrayRef<int64_t> shapeOf(mlir::Value x) {
  return typeOf(x).getShape();
}

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_FOLD_ARITHMETIC_H
