//===- Functions.h - functions that passes can read -----------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_NN_FUNCTIONS_H
#define PLIMSOLL_DIALECTS_NN_FUNCTIONS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::nn {

class LayerNormOp;

/// Fails with an error unless `function` has the form of a model's or step's functions: one block
/// of nn ops that ends in `return`, and arguments that are tensors of the dialect.
mlir::LogicalResult checkFunction(mlir::func::FuncOp function);

/// True if `op` computes and is no launch, so that nn-form-launches makes one of it. Loads and
/// stores access symbols, constants are numbers, and reshapes are views.
bool isOutsideLaunch(mlir::Operation *op);

/// Returns the value whose bytes `value` is a view of, through any number of reshapes.
mlir::Value viewedValue(mlir::Value value);
/// Calls `visit` for each op but reshapes that reads `value` or a view of it, once for each use.
void forEachReader(mlir::Value value, llvm::function_ref<void(mlir::Operation *)> visit);

/// True if `gradient` is the op that computes the gradient of `op`, of one operand, and reads that
/// operand: an nn.gelu_grad of an nn.gelu's. One launch computes what is expensive in both once.
bool isGradientOf(mlir::Operation *gradient, mlir::Operation *op);

/// Returns the layer normalisation whose rows the op of `value` rounds to bf16; null if it is
/// another op.
LayerNormOp normOfNarrowRows(mlir::Value value);

/// Returns the function `name` of `module` if checkFunction accepts it; null after an error
/// otherwise.
mlir::func::FuncOp findFunction(mlir::ModuleOp module, llvm::StringRef name);

/// Returns the user's name of argument `index`, an input; "" if it has none.
llvm::StringRef argumentName(mlir::func::FuncOp function, unsigned index);
/// Returns the first argument with the user's name `name`; null if there is none.
mlir::BlockArgument findArgument(mlir::func::FuncOp function, llvm::StringRef name);
/// Returns the user's name of result `index`, an output; "" if it has none.
llvm::StringRef resultName(mlir::func::FuncOp function, unsigned index);

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_FUNCTIONS_H
