//===- CppText.h - pieces of C++ text -------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_CPPTEXT_H
#define PLIMSOLL_COMPILER_CODEGEN_CPPTEXT_H

#include "mlir/IR/Types.h"
#include <string>

namespace plimsoll::codegen {

/// The type of an element in memory: `float`, `int64_t`, `uint8_t` for i1.
std::string storageType(mlir::Type type);
/// The type of an element in an expression: as in memory, but `bool` for i1.
std::string valueType(mlir::Type type);
/// `ElementType::f32`: the type as the runtime's tables name it.
std::string elementType(mlir::Type type);
/// A literal that reads back as the same number.
std::string literal(double value, mlir::Type type);
/// `text` as a literal of C++ or CUDA.
std::string quoted(llvm::StringRef text);
/// `name` with everything that is no letter or digit replaced.
std::string identifier(llvm::StringRef name);
/// `text` as it may stand behind `//`: names come from the user's model.
std::string oneLine(llvm::StringRef text);
/// `0x00a40000`
std::string hex(uint64_t value);
/// `23,068,672`
std::string grouped(int64_t value);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_CPPTEXT_H
