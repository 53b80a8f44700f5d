//===- ProcessMemory.h - memory of a program besides its arena -------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_PROCESSMEMORY_H
#define PLIMSOLL_COMPILER_PIPELINE_PROCESSMEMORY_H

#include "compiler/target/Machine.h"
#include "mlir/IR/BuiltinOps.h"

namespace plimsoll::pipeline {

/// Bytes that the program of `module` (at Stage::Kernels) has resident at most beside the
/// arena while it trains with evaluation, saving and metrics: binary, libraries, code that
/// oneDNN makes at start, stacks, a batch on its way, the text of a checkpoint's header.
/// Measured on Linux and glibc and rounded up; test/robustness/memory_total.py holds it
/// against programs. Data is read in pieces and not counted; `--data=tokens:-` likewise. Of a
/// GPU: what the process holds of its memory.
int64_t bytesBesideArena(mlir::ModuleOp module, const target::Machine &machine);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_PROCESSMEMORY_H
