//===- HostCompiler.h - from emitted source to an executable ----------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_HOSTCOMPILER_H
#define PLIMSOLL_COMPILER_CODEGEN_HOSTCOMPILER_H

#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace plimsoll::codegen {

/// What is to be built from a folder that holds step.cpp, program.cpp and, where needed,
/// constants.bin.
struct BuildJob {
  std::string folder;
  std::string output;
  std::string isa;           ///< "v3" or "v4"
  std::string libraryFolder; ///< of the runtime's libraries
  std::string includeFolder; ///< of the runtime's public headers
  bool sharedLibrary = false;
  bool oneDnn = false;
};

/// The C++ compiler: $CXX, else the first of c++, g++ that is installed.
llvm::Expected<std::string> findHostCompiler();

/// Compiles and links. What the program needs beside glibc is copied to `<output>.libs`.
llvm::Error buildProgram(const BuildJob &job);

/// Flags that emitted code is compiled with: bits depend on them.
std::vector<std::string> codeFlags(llvm::StringRef isa);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_HOSTCOMPILER_H
