//===- Functions.h - functions that passes can read -----------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_NN_FUNCTIONS_H
#define PLIMSOLL_DIALECTS_NN_FUNCTIONS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::nn {

/// An error at what is otherwise in `function` than in every function of a model or a step: one
/// block of nn ops that ends in `return`, and arguments that are tensors of the dialect.
mlir::LogicalResult checkFunction(mlir::func::FuncOp function);

/// True if `op` of such a function runs as a launch; others read and write symbols, are constants,
/// or are views.
bool isLaunch(mlir::Operation *op);

/// The function `name` of `module`, checked; null after an error if there is none.
mlir::func::FuncOp findFunction(mlir::ModuleOp module, llvm::StringRef name);

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_FUNCTIONS_H
