//===- Toolchain.h - from emitted source to a program ---------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_TOOLCHAIN_H
#define PLIMSOLL_COMPILER_CODEGEN_TOOLCHAIN_H

#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace plimsoll::codegen {

/// What is to be built from a folder that holds the step's file, program.cpp and, where needed,
/// constants.bin.
struct BuildJob {
  std::string folder;
  std::string output;
  std::string libraryFolder; ///< of the runtime's libraries
  std::string includeFolder; ///< of the runtime's public headers
  bool sharedLibrary = false;
  bool oneDnn = false;
};

/// What one kernel of the step takes of a multiprocessor.
struct KernelResources {
  std::string name; ///< "loop_3"
  int registers = 0, spilledBytes = 0, sharedBytes = 0;
};

/// The compilers, flags and libraries that make programs for one machine.
class Toolchain {
public:
  virtual ~Toolchain() = default;

  /// Compiles and links. What the program needs beside glibc is copied by `copyLibraries`. Answers
  /// what the compiler said about the step's kernels, where it says anything.
  virtual llvm::Expected<std::vector<KernelResources>> build(const BuildJob &job) const = 0;
  /// CMakeLists.txt of emitted sources. `oneDnn`: the step uses it.
  virtual std::string buildFile(bool oneDnn) const = 0;
};

/// Of a CPU. `isa` stands in the names of the runtime's libraries ("v3"), `isaFlags` are the host
/// compiler's ("-march=x86-64-v3").
std::unique_ptr<Toolchain> hostToolchain(std::string isa, std::vector<std::string> isaFlags);
/// Of a GPU, "sm_90": nvcc.
std::unique_ptr<Toolchain> cudaToolchain(std::string architecture);
/// Of the emulator: the host compiler alone.
std::unique_ptr<Toolchain> emulatorToolchain();

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_TOOLCHAIN_H
