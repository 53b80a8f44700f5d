//===- StepEmitter.h - programs as readable C++ ---------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_STEPEMITTER_H
#define PLIMSOLL_COMPILER_CODEGEN_STEPEMITTER_H

#include "compiler/codegen/SourceDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace plimsoll::codegen {

/// `step.cpp`, or `step.cu`: the loop nests, and one function for each timeline, a line a
/// launch. `title` is printed as a comment at the top.
std::string emitStep(mlir::ModuleOp module, const SourceDialect &dialect, llvm::StringRef title);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_STEPEMITTER_H
