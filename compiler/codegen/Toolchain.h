//===- Toolchain.h - from emitted source to a program ---------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_TOOLCHAIN_H
#define PLIMSOLL_COMPILER_CODEGEN_TOOLCHAIN_H

#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace plimsoll::codegen {

/// Describes what is to be built from a folder that holds the step's file, program.cpp and, where
/// needed, constants.bin.
struct BuildJob {
  std::string folder;
  std::string output;
  std::string libraryFolder; ///< of the runtime's libraries
  std::string includeFolder; ///< of the runtime's public headers
  bool sharedLibrary = false;
  bool oneDnn = false;
};

/// The resources of a multiprocessor that one kernel of the step takes.
struct KernelResources {
  std::string name; ///< "loop_3"
  int registers = 0, spilledBytes = 0, sharedBytes = 0;
};

/// The compilers, flags and libraries that make programs for one machine.
class Toolchain {
public:
  virtual ~Toolchain() = default;

  /// Compiles and links the program, and copies the shared libraries that it needs besides glibc's
  /// to its side. Returns the resources of the step's kernels if the compiler reports them.
  virtual llvm::Expected<std::vector<KernelResources>> build(const BuildJob &job) const = 0;
  /// Returns the CMakeLists.txt of emitted sources; with oneDNN if the step uses it.
  virtual std::string buildFile(bool oneDnn) const = 0;
};

/// Returns the toolchain for a CPU. `isa` is part of the names of the runtime's libraries ("v3");
/// `isaFlags` are flags of the host compiler ("-march=x86-64-v3").
std::unique_ptr<Toolchain> hostToolchain(std::string isa, std::vector<std::string> isaFlags);
/// Returns the toolchain for a GPU of `architecture` ("sm_90"), which runs nvcc.
std::unique_ptr<Toolchain> cudaToolchain(std::string architecture);
/// Returns the toolchain for the emulator, which runs the host compiler alone.
std::unique_ptr<Toolchain> emulatorToolchain();

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_TOOLCHAIN_H
