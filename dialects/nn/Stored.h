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

/// The bytes of a parameter among those of its source.
std::string piecesOf(ParameterOp parameter, llvm::StringRef source);

/// The element type of the bytes at a parameter's source.
mlir::Type storedElementType(ParameterOp parameter);

/// Bytes of numbers of one floating-point type as those of another, each rounded once.
std::string convertNumbers(llvm::StringRef bytes, mlir::Type from, mlir::Type to);

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_STORED_H
