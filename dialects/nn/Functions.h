//===- Functions.h - functions that passes can read -----------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_NN_FUNCTIONS_H
#define PLIMSOLL_DIALECTS_NN_FUNCTIONS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::nn {

/// Fails with an error unless `function` has the form of a model's or step's functions: one block
/// of nn ops that ends in `return`, and arguments that are tensors of the dialect.
mlir::LogicalResult checkFunction(mlir::func::FuncOp function);

/// True if `op`, in such a function, runs as a launch. Others read and write symbols, are
/// constants, or are views.
bool isLaunch(mlir::Operation *op);

/// Returns the function `name` of `module` if checkFunction accepts it; null after an error
/// otherwise.
mlir::func::FuncOp findFunction(mlir::ModuleOp module, llvm::StringRef name);

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_FUNCTIONS_H
