//===- CudaCompiler.h - from emitted CUDA to an executable ------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_CUDACOMPILER_H
#define PLIMSOLL_COMPILER_CODEGEN_CUDACOMPILER_H

#include "compiler/codegen/HostCompiler.h"

namespace plimsoll::codegen {

/// Returns the CUDA compiler: $NVCC, else `nvcc` on the path or in /usr/local/cuda/bin. Fails if
/// there is none.
llvm::Expected<std::string> findCudaCompiler();

/// Returns the nvcc flags for emitted kernels. The program's bits depend on them.
std::vector<std::string> cudaFlags(llvm::StringRef architecture);

/// Resources that one kernel of the step occupies on a multiprocessor.
struct KernelResources {
  std::string name; ///< "loop_3"
  int registers = 0, spilledBytes = 0, sharedBytes = 0;
};

/// Parses `log`, the output of nvcc --resource-usage.
std::vector<KernelResources> parseResources(llvm::StringRef log);

/// Builds the program of a job with step.cu: by nvcc, or by the host compiler for the emulator.
/// Otherwise as `buildProgram`. Returns the resources that nvcc reported for the kernels.
llvm::Expected<std::vector<KernelResources>> buildCudaProgram(const BuildJob &job);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_CUDACOMPILER_H
