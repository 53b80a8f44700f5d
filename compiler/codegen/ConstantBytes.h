//===- ConstantBytes.h - the bytes of constants in the arena -----------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_CONSTANTBYTES_H
#define PLIMSOLL_COMPILER_CODEGEN_CONSTANTBYTES_H

#include "mlir/IR/BuiltinAttributes.h"
#include <vector>

namespace plimsoll::codegen {

/// Returns the bytes of a constant as kernels read them: dense, row-major, one byte for each i1.
std::vector<char> constantBytes(mlir::DenseElementsAttr constant);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_CONSTANTBYTES_H
