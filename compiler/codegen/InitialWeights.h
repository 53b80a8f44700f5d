//===- InitialWeights.h - the safetensors file beside a program ------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_INITIALWEIGHTS_H
#define PLIMSOLL_COMPILER_CODEGEN_INITIALWEIGHTS_H

#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace plimsoll::codegen {

/// Writes the initial bytes of every parameter under the framework's name and shape.
/// They are copied from the model's files (`modelFolder` holds them), or drawn as `init`
/// says ("normal:0.02": matrices normal, gains one, biases zero; from `seed` and the
/// parameter's number alone). Nothing is left at `path` on failure.
mlir::LogicalResult writeInitialWeights(mlir::ModuleOp module, llvm::StringRef modelFolder,
                                        llvm::StringRef init, uint64_t seed,
                                        const std::string &path);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_INITIALWEIGHTS_H
