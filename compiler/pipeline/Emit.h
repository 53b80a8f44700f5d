//===- Emit.h - files from a compilation --------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_EMIT_H
#define PLIMSOLL_COMPILER_PIPELINE_EMIT_H

#include "compiler/codegen/Toolchain.h"
#include "compiler/pipeline/Pipeline.h"
#include "llvm/Support/Error.h"

namespace plimsoll::pipeline {

/// Writes the program to `output`: an executable with `<output>.safetensors` and
/// `<output>.libs`, a shared library with a header, or a folder of sources, as `stage`
/// says. Everything is made beside it first; nothing partial is left behind. Answers what nvcc
/// said about the kernels of a program for a GPU.
llvm::Expected<std::vector<codegen::KernelResources>> emitProgram(const Compilation &compilation,
                                                                  const CompileOptions &options,
                                                                  Stage stage,
                                                                  const std::string &output);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_EMIT_H
