//===- ProcessMemory.h - memory of a program besides its arena -------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_PROCESSMEMORY_H
#define PLIMSOLL_COMPILER_PIPELINE_PROCESSMEMORY_H

#include "compiler/target/Machine.h"
#include "mlir/IR/BuiltinOps.h"

namespace plimsoll::pipeline {

/// Returns an upper limit of the bytes that the program of `module` (at Stage::Kernels) has
/// resident besides the arena while it trains with evaluation, saving and metrics: binary,
/// libraries, code that oneDNN generates, stacks, a batch being read, the text of a checkpoint's
/// header. Measured on Linux with glibc and rounded up; test/robustness/memory_total.py compares it
/// with programs. Data is read in pieces and not counted, `--data=tokens:-` neither. For a GPU:
/// bytes of its memory.
int64_t bytesBesideArena(mlir::ModuleOp module, const target::Machine &target);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_PROCESSMEMORY_H
