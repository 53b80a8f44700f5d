//===- GradientRules.h - what a gradient rule works with -----------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_GRADIENTRULES_H
#define PLIMSOLL_PASSES_AUTODIFF_GRADIENTRULES_H

#include "dialects/nn/NNDialect.h"
#include "mlir/IR/Builders.h"
#include <functional>

namespace plimsoll::autodiff {

/// Builds the gradient of one op. Rules call `add` for each operand that `needs` one.
class GradientBuilder {
public:
  /// `dys` are the gradients of the op's results, null for results that the loss does not depend
  /// on.
  GradientBuilder(mlir::OpBuilder &builder, mlir::Operation *op, mlir::ArrayRef<mlir::Value> dys,
                  std::function<bool(unsigned)> needsGradient)
      : gradients(op->getNumOperands()), builder(builder), op(op), dys(dys),
        needsGradient(std::move(needsGradient)) {}

  bool needs(unsigned operand) const {
    return operand < op->getNumOperands() && needsGradient(operand);
  }

  /// Sets `gradient`, broadcast or summed to the operand's shape, as the gradient of `operand`.
  void add(unsigned operand, mlir::Value gradient);

  /// Returns the gradient of result `index`; zeros if the loss does not depend on it.
  mlir::Value dy(unsigned index = 0);
  /// True if the loss depends on result `index`.
  bool reaches(unsigned index) const { return bool(dys[index]); }
  /// Returns operand `index`; null if it is optional and absent.
  mlir::Value operand(unsigned index) const {
    return index < op->getNumOperands() ? op->getOperand(index) : mlir::Value();
  }
  /// Returns a scalar constant of the op's floating-point type.
  mlir::Value number(double value);
  /// Creates the op `name` from the operands that are not null and the forward op's `attributes`,
  /// and returns its result number `result`. Result types that cannot be inferred are those of the
  /// forward operands from number `operandIndex - result` on.
  mlir::Value make(llvm::StringRef name, mlir::ValueRange operands,
                   mlir::ArrayRef<llvm::StringRef> attributes, unsigned operandIndex,
                   unsigned result, unsigned resultCount);

  template <typename Op, typename... Args> Op create(Args &&...args) {
    return Op::create(builder, op->getLoc(), std::forward<Args>(args)...);
  }

  /// True after an error: no op for a gradient exists that the forward op's types allow.
  bool isBroken() const { return broken; }

  /// One for each operand; null if the rule added none.
  llvm::SmallVector<mlir::Value> gradients;

private:
  mlir::OpBuilder &builder;
  mlir::Operation *op;
  mlir::ArrayRef<mlir::Value> dys;
  std::function<bool(unsigned)> needsGradient;
  bool broken = false;
};

struct GradientRule {
  llvm::StringLiteral op;
  mlir::LogicalResult (*build)(GradientBuilder &, mlir::Operation *);
};

/// Returns all rules, in the order of Gradients.td.
llvm::ArrayRef<GradientRule> gradientRules();
/// Returns the rule for `op`, or null.
const GradientRule *findGradientRule(mlir::Operation *op);

// Rules for ops that choose elements, or whose formula fails at some points: ElementRules.cpp.
mlir::LogicalResult powGradient(GradientBuilder &b, mlir::Operation *op);
mlir::LogicalResult minGradient(GradientBuilder &b, mlir::Operation *op);
mlir::LogicalResult maxGradient(GradientBuilder &b, mlir::Operation *op);
mlir::LogicalResult reduceGradient(GradientBuilder &b, mlir::Operation *op);
mlir::LogicalResult cumSumGradient(GradientBuilder &b, mlir::Operation *op);
mlir::LogicalResult topKGradient(GradientBuilder &b, mlir::Operation *op);
mlir::LogicalResult rotaryGradient(GradientBuilder &b, mlir::Operation *op);
mlir::LogicalResult logSoftmaxGradient(GradientBuilder &b, mlir::Operation *op);
mlir::LogicalResult gatherElementsGradient(GradientBuilder &b, mlir::Operation *op);
mlir::LogicalResult scatterElementsGradient(GradientBuilder &b, mlir::Operation *op);

/// Returns `value` as a matrix, its leading dimensions merged into rows.
mlir::Value flattenRows(GradientBuilder &b, mlir::Value value);

// Rules of recurrent layers: RecurrentRules.cpp.
mlir::LogicalResult lstmGradient(GradientBuilder &b, mlir::Operation *op);
mlir::LogicalResult gruGradient(GradientBuilder &b, mlir::Operation *op);
mlir::LogicalResult rnnGradient(GradientBuilder &b, mlir::Operation *op);

/// Returns `value` summed over the dimensions that `type` lacks or has with size 1.
mlir::Value sumTo(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value,
                  mlir::RankedTensorType type);

} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_GRADIENTRULES_H
