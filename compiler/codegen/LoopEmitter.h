//===- LoopEmitter.h - loop nests as C++ ----------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_LOOPEMITTER_H
#define PLIMSOLL_COMPILER_CODEGEN_LOOPEMITTER_H

#include "dialects/exec/ExecDialect.h"
#include <string>

namespace plimsoll::codegen {

/// The function `void name(const Launch &launch)` that runs `loop`; its buffers are the reads,
/// then the writes. Equal loops of one name give equal text.
std::string emitLoop(exec::LoopOp loop, llvm::StringRef name);

/// The same for CUDA: the kernel, and the function that launches it. Needs the headers
/// plimsoll/CudaKernels.h names.
std::string emitCudaLoop(exec::LoopOp loop, llvm::StringRef name);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_LOOPEMITTER_H
