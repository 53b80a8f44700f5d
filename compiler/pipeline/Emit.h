//===- Emit.h - files from a compilation --------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_EMIT_H
#define PLIMSOLL_COMPILER_PIPELINE_EMIT_H

#include "compiler/codegen/Toolchain.h"
#include "compiler/pipeline/Pipeline.h"
#include "llvm/Support/Error.h"

namespace plimsoll::pipeline {

/// Writes the program to `output`: an executable with `<output>.safetensors` and `<output>.libs`, a
/// shared library with a header, or a folder of sources, depending on `stage`. Everything is made
/// beside `output` first, so that no partial result is left. Returns the resources that nvcc
/// reported for the kernels of a GPU's program.
llvm::Expected<std::vector<codegen::KernelResources>> emitProgram(const Compilation &compilation,
                                                                  const CompileOptions &options,
                                                                  Stage stage,
                                                                  const std::string &output);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_EMIT_H
