//===- StoredTypes.h - files that are not in f32 -------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_FILE_STOREDTYPES_H
#define PLIMSOLL_COMPILER_ONNX_FILE_STOREDTYPES_H

#include "compiler/onnx/parameters/Parameters.h"

namespace plimsoll::import {

/// Finds the parameters and inputs that the file has in another floating-point type than f32, in
/// which steps compute, and decides what becomes of f64. Returns one remark for each type.
std::vector<std::string> decideStoredTypes(Graph &graph, const ParameterPlan &plan,
                                           const ModelOptions &options);

/// singlesOf converts numbers of a parameter from the file's type to f32, storedOf from f32 to the
/// file's type.
std::string singlesOf(llvm::StringRef stored, DType dtype);
std::string storedOf(llvm::StringRef singles, DType dtype);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_FILE_STOREDTYPES_H
