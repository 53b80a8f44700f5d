//===- LoopEmitter.h - loop nests as C++ ----------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_LOOPEMITTER_H
#define PLIMSOLL_COMPILER_CODEGEN_LOOPEMITTER_H

#include "dialects/exec/ExecDialect.h"
#include <string>

namespace plimsoll::codegen {

/// Returns the function `void name(const Launch &launch)` that runs `loop`. Its buffers are the
/// reads, then the writes. Equal loops with equal names give equal text.
std::string emitLoop(exec::LoopOp loop, llvm::StringRef name);

/// Returns the CUDA kernel of `loop` and the function that launches it. The text needs the headers
/// that plimsoll/CudaKernels.h includes.
std::string emitCudaLoop(exec::LoopOp loop, llvm::StringRef name);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_LOOPEMITTER_H
