//===- HostCompiler.h - from emitted source to an executable ----------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_HOSTCOMPILER_H
#define PLIMSOLL_COMPILER_CODEGEN_HOSTCOMPILER_H

#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace plimsoll::codegen {

/// What is to be built from a folder that holds step.cpp (of a GPU: step.cu), program.cpp and,
/// where needed, constants.bin.
struct BuildJob {
  std::string folder;
  std::string output;
  std::string suffix;        ///< of the runtime's libraries: "v3", "v4", "cuda", "emulator"
  std::string libraryFolder; ///< of the runtime's libraries
  std::string includeFolder; ///< of the runtime's public headers
  bool sharedLibrary = false;
  bool oneDnn = false;
  std::string architecture; ///< of a GPU, "sm_90"
};

/// The C++ compiler: $CXX, else the first of c++, g++ that is installed.
llvm::Expected<std::string> findHostCompiler();

/// Compiles and links. What the program needs beside glibc is copied by `copyLibraries`.
llvm::Error buildProgram(const BuildJob &job);

/// Flags that emitted code is compiled with: bits depend on them.
std::vector<std::string> codeFlags(llvm::StringRef isa);

/// What a program links beside the runtime itself, and what it is made of.
struct LinkParts {
  std::vector<std::string> inputs;    ///< sources and objects besides program.cpp
  std::vector<std::string> archives;  ///< flags for libraries in front of the runtime
  std::vector<std::string> libraries; ///< flags for those behind it
};

/// The command that makes the program or shared library of `job` by the C++ compiler `compiler`,
/// with the code flags of `isa`.
std::vector<std::string> linkCommand(const std::string &compiler, const BuildJob &job,
                                     llvm::StringRef isa, const LinkParts &parts);

/// The folder of the shared libraries of the program `output`: `<output>.libs`, with `_` for what
/// has a meaning in a run path.
std::string librariesOf(llvm::StringRef output);

/// Copies to `librariesOf(output)` the shared libraries that `output` loads, but those of glibc and
/// the one whose name begins with `stays` (empty: none).
llvm::Error copyLibraries(const std::string &output, llvm::StringRef stays,
                          const std::string &logFile);

/// Runs a command whose output goes to `logFile` and is part of the error when it fails.
llvm::Error runCommand(const std::vector<std::string> &command, llvm::StringRef logFile);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_HOSTCOMPILER_H
