//===- LoopEmitter.h - loop nests as C++ ----------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_LOOPEMITTER_H
#define PLIMSOLL_COMPILER_CODEGEN_LOOPEMITTER_H

#include "dialects/exec/ExecDialect.h"
#include <string>

namespace plimsoll::codegen {

/// The body of a function `void(const Launch &launch)` that runs `loop`; its buffers are
/// the reads, then the writes. Equal loops give equal text.
std::string emitLoop(exec::LoopOp loop);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_LOOPEMITTER_H
