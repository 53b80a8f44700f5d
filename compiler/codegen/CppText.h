//===- CppText.h - pieces of C++ text -------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_CPPTEXT_H
#define PLIMSOLL_COMPILER_CODEGEN_CPPTEXT_H

#include "mlir/IR/Types.h"
#include <string>

namespace plimsoll::codegen {

/// Returns the C++ type of an element in memory: `float`, `int64_t`, `uint8_t` for i1.
std::string storageType(mlir::Type type);
/// Returns the C++ type of an element in an expression: as in memory, but `bool` for i1.
std::string valueType(mlir::Type type);
/// Returns `ElementType::f32`, say: an element type as the runtime's tables name it.
std::string elementType(mlir::Type type);
/// Returns a literal that reads back as the same number.
std::string literal(double value, mlir::Type type);
/// Returns `text` as a string literal of C++ or CUDA.
std::string quoted(llvm::StringRef text);
/// Returns `name` with everything replaced that is no letter or digit.
std::string identifier(llvm::StringRef name);
/// Returns `text` in a form that may follow `//`; names come from the user's model.
std::string oneLine(llvm::StringRef text);
/// Returns `value` as in `0x00a40000`.
std::string hex(uint64_t value);
/// Returns `value` as in `23,068,672`.
std::string grouped(int64_t value);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_CPPTEXT_H
