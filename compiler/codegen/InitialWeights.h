//===- InitialWeights.h - the safetensors file beside a program ------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_INITIALWEIGHTS_H
#define PLIMSOLL_COMPILER_CODEGEN_INITIALWEIGHTS_H

#include "dialects/nn/NNDialect.h"
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

/// Writes what a parameter is drawn as, by its role: "matrix" normal with `deviation`, "uniform"
/// within 1 / sqrt(its last size) (the A of an adapter, as PyTorch draws a linear layer), "gain"
/// ones, "bias" zeros. Of `seed` and the parameter's `number` alone.
void drawInitialValues(llvm::raw_ostream &os, nn::ParameterOp parameter, double deviation,
                       uint64_t seed, uint64_t number);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_INITIALWEIGHTS_H
