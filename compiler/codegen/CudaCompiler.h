//===- CudaCompiler.h - from emitted CUDA to an executable ------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_CUDACOMPILER_H
#define PLIMSOLL_COMPILER_CODEGEN_CUDACOMPILER_H

#include "compiler/codegen/HostCompiler.h"

namespace plimsoll::codegen {

/// The CUDA compiler: $NVCC, else `nvcc` on the path or in /usr/local/cuda/bin.
llvm::Expected<std::string> findCudaCompiler();

/// Flags that emitted kernels are compiled with by nvcc: bits depend on them.
std::vector<std::string> cudaFlags(llvm::StringRef architecture);

/// What one kernel of the step takes of a multiprocessor.
struct KernelResources {
  std::string name; ///< "loop_3"
  int registers = 0, spilledBytes = 0, sharedBytes = 0;
};

/// Those that `log`, of nvcc --resource-usage, tells.
std::vector<KernelResources> parseResources(llvm::StringRef log);

/// As `buildProgram`, of step.cu: by nvcc, or by the host compiler for the emulator. Answers
/// what nvcc said about the kernels.
llvm::Expected<std::vector<KernelResources>> buildCudaProgram(const BuildJob &job);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_CUDACOMPILER_H
