//===- SourceDialect.h - what a step looks like in source -----------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_SOURCEDIALECT_H
#define PLIMSOLL_COMPILER_CODEGEN_SOURCEDIALECT_H

#include "dialects/exec/ExecDialect.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace plimsoll::codegen {

/// The parts of an emitted step's text that depend on the target.
struct SourceDialect {
  llvm::StringLiteral stepFile;      ///< "step.cpp"
  llvm::StringLiteral kernelHeaders; ///< lines that declare the kernels
  llvm::StringLiteral opening;       ///< text before places and loop nests
  llvm::StringLiteral closing;       ///< text after them
  llvm::StringLiteral timelineHead;  ///< text after the name of a timeline's function
  llvm::StringLiteral kernelScope;   ///< text before the name of a library kernel
  /// Returns the text of the function `name`, which runs `loop`.
  std::string (*emitLoop)(exec::LoopOp loop, llvm::StringRef name);
  bool accesses; ///< the program lists what every launch reads and writes
};

/// The source of CPU programs: C++.
extern const SourceDialect kCppSource;
/// The source of GPU programs: CUDA. The emulator compiles it as well.
extern const SourceDialect kCudaSource;

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_SOURCEDIALECT_H
