//===- InitialWeights.h - the safetensors file beside a program ------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_INITIALWEIGHTS_H
#define PLIMSOLL_COMPILER_CODEGEN_INITIALWEIGHTS_H

#include "dialects/nn/NNDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace plimsoll::codegen {

/// Writes the initial bytes of every parameter to `path`, with the framework's names and shapes.
/// They are copied from the model's files in `modelFolder`, or drawn if `init` is, for example,
/// "normal:0.02": matrices normal, gains one, biases zero; drawn values depend only on `seed` and
/// the parameter's number. Fails after diagnostics; then no file is left at `path`.
mlir::LogicalResult writeInitialWeights(mlir::ModuleOp module, llvm::StringRef modelFolder,
                                        llvm::StringRef init, uint64_t seed,
                                        const std::string &path);

/// Writes initial values of a parameter by its role: "matrix" normal with `deviation`, "uniform"
/// within 1 / sqrt(last dimension) (the A of an adapter, drawn like a linear layer in PyTorch),
/// "gain" ones, "bias" zeros. The values depend only on `seed` and the parameter's `number`.
void drawInitialValues(llvm::raw_ostream &os, nn::ParameterOp parameter, double deviation,
                       uint64_t seed, uint64_t number);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_INITIALWEIGHTS_H
