//===- CudaCompiler.h - nvcc, and what it says --------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_CUDACOMPILER_H
#define PLIMSOLL_COMPILER_CODEGEN_CUDACOMPILER_H

#include "compiler/codegen/Toolchain.h"
#include "llvm/ADT/StringRef.h"

namespace plimsoll::codegen {

/// Returns the CUDA compiler: $NVCC, else `nvcc` on the path or in /usr/local/cuda/bin. Fails if
/// there is none.
llvm::Expected<std::string> findCudaCompiler();

/// Returns the nvcc flags for emitted kernels. The program's bits depend on them.
std::vector<std::string> cudaFlags(llvm::StringRef architecture);

/// Returns the resources of all kernels in `log`, the output of nvcc --resource-usage.
std::vector<KernelResources> parseResources(llvm::StringRef log);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_CUDACOMPILER_H
