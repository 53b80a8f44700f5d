//===- Stored.h - parameters whose file has other bytes than they --*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_NN_STORED_H
#define PLIMSOLL_DIALECTS_NN_STORED_H

#include "dialects/nn/NNDialect.h"
#include <string>

namespace plimsoll::nn {

/// Attribute of a parameter: the element type of the bytes at its source (f16, bf16, f32 or f64),
/// if that is not the parameter's own.
inline constexpr llvm::StringLiteral kStoredAttr = "nn.stored";

/// Attribute of a parameter: offset and size in bytes of each piece of its source. The pieces, one
/// after the other, are its elements. Without it, the whole source is.
inline constexpr llvm::StringLiteral kPiecesAttr = "nn.pieces";

/// Attribute of a parameter: an f64 factor. The initial numbers are those of the source times the
/// factor, each rounded once.
inline constexpr llvm::StringLiteral kScaleAttr = "nn.scale";

/// True if the bytes at a parameter's source are not simply its numbers, one after the other.
bool isStoredOtherwise(ParameterOp parameter);

/// Returns the element type of the bytes at a parameter's source.
mlir::Type storedElementType(ParameterOp parameter);

/// Returns the initial numbers of a parameter as bytes of the floating-point type `to`, each
/// rounded once. `source` holds the bytes at its source, of type `stored`.
std::string numbersOf(ParameterOp parameter, llvm::StringRef source, mlir::Type stored,
                      mlir::Type to);

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_STORED_H
