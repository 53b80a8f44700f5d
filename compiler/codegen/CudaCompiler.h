//===- CudaCompiler.h - from emitted CUDA to an executable ------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_CUDACOMPILER_H
#define PLIMSOLL_COMPILER_CODEGEN_CUDACOMPILER_H

#include "compiler/codegen/HostCompiler.h"

namespace plimsoll::codegen {

/// The CUDA compiler: $NVCC, else `nvcc` on the path or in /usr/local/cuda/bin.
llvm::Expected<std::string> findCudaCompiler();

/// Flags that emitted kernels are compiled with by nvcc: bits depend on them.
std::vector<std::string> cudaFlags(llvm::StringRef architecture);

/// As `buildProgram`, of step.cu: by nvcc, or by the host compiler for the emulator.
llvm::Error buildCudaProgram(const BuildJob &job);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_CUDACOMPILER_H
