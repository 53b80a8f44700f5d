//===- SourceDialect.h - what a step looks like in source -----------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_SOURCEDIALECT_H
#define PLIMSOLL_COMPILER_CODEGEN_SOURCEDIALECT_H

#include "dialects/exec/ExecDialect.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace plimsoll::codegen {

/// The words in which emitted steps of one target differ from those of another.
struct SourceDialect {
  llvm::StringLiteral stepFile;      ///< "step.cpp"
  llvm::StringLiteral kernelHeaders; ///< lines that declare the kernels
  llvm::StringLiteral opening;       ///< in front of places and loop nests
  llvm::StringLiteral closing;       ///< behind them
  llvm::StringLiteral timelineHead;  ///< what follows the name of a timeline's function
  llvm::StringLiteral kernelScope;   ///< in front of the name of a library kernel
  /// The function called `name` that runs a loop nest.
  std::string (*emitLoop)(exec::LoopOp loop, llvm::StringRef name);
  bool accesses; ///< the program tells what every launch reads and writes
};

/// C++ for the CPU.
extern const SourceDialect kCppSource;
/// CUDA, which the emulator reads too.
extern const SourceDialect kCudaSource;

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_SOURCEDIALECT_H
