//===- StepEmitter.h - programs as readable C++ ---------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_STEPEMITTER_H
#define PLIMSOLL_COMPILER_CODEGEN_STEPEMITTER_H

#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace plimsoll::codegen {

enum class Language { Cpp, Cuda };

/// Returns `step.cpp`, or `step.cu`: the loop nests and one function for each timeline, in which
/// each launch is one line. `title` is printed as a comment at the top.
std::string emitStep(mlir::ModuleOp module, Language language, llvm::StringRef title);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_STEPEMITTER_H
