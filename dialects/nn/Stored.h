//===- Stored.h - parameters that their file has in another type ----*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_NN_STORED_H
#define PLIMSOLL_DIALECTS_NN_STORED_H

#include "dialects/nn/NNDialect.h"
#include <string>

namespace plimsoll::nn {

/// Attribute of a parameter: the element type of the bytes at its source (f16, bf16 or f64),
/// where that is not the parameter's own.
inline constexpr llvm::StringLiteral kStoredAttr = "nn.stored";

/// Attribute of a parameter: begins and sizes of the pieces of its source, in bytes, that are its
/// elements one after the other; without it the source is the parameter's.
inline constexpr llvm::StringLiteral kPiecesAttr = "nn.pieces";

/// Attribute of a parameter: it starts with the numbers of its source times this one (f64), each
/// rounded once.
inline constexpr llvm::StringLiteral kScaleAttr = "nn.scale";

/// True for a parameter whose bytes at its source are not its own numbers one after the other.
bool isStoredOtherwise(ParameterOp parameter);

/// The element type of the bytes at a parameter's source.
mlir::Type storedElementType(ParameterOp parameter);

/// The initial numbers of a parameter as bytes of floating-point type `to`, each rounded once, from
/// the bytes at its source, which are of type `stored`.
std::string numbersOf(ParameterOp parameter, llvm::StringRef source, mlir::Type stored,
                      mlir::Type to);

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_STORED_H
