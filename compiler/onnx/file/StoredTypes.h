//===- StoredTypes.h - files that are not in f32 -------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_FILE_STOREDTYPES_H
#define PLIMSOLL_COMPILER_ONNX_FILE_STOREDTYPES_H

#include "compiler/onnx/parameters/Parameters.h"

namespace plimsoll::import {

/// Steps compute in f32. Sees which parameters and inputs the file has in another
/// floating-point type, decides what becomes of f64, and says so: one remark for each type.
std::vector<std::string> decideStoredTypes(Graph &graph, const ParameterPlan &plan,
                                           const ModelOptions &options);

/// Numbers of a parameter as f32, from those of its type in the file, and the other way.
std::string singlesOf(llvm::StringRef stored, DType dtype);
std::string storedOf(llvm::StringRef singles, DType dtype);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_FILE_STOREDTYPES_H
