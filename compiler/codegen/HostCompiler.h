//===- HostCompiler.h - from emitted source to an executable ----------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_HOSTCOMPILER_H
#define PLIMSOLL_COMPILER_CODEGEN_HOSTCOMPILER_H

#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace plimsoll::codegen {

/// A program to build from a folder that contains step.cpp (step.cu for a GPU), program.cpp and, if
/// needed, constants.bin.
struct BuildJob {
  std::string folder;
  std::string output;
  std::string suffix;        ///< of the runtime's libraries: "v3", "v4", "cuda", "emulator"
  std::string libraryFolder; ///< of the runtime's libraries
  std::string includeFolder; ///< of the runtime's public headers
  bool sharedLibrary = false;
  bool oneDnn = false;
  std::string architecture; ///< GPU only: "sm_90"
};

/// Returns the C++ compiler: $CXX, else the first of c++, g++ that is installed. Fails if there is
/// none.
llvm::Expected<std::string> findHostCompiler();

/// Compiles and links the program; `copyLibraries` then copies what it needs besides glibc.
llvm::Error buildProgram(const BuildJob &job);

/// Returns the compiler flags for emitted code. The program's bits depend on them.
std::vector<std::string> codeFlags(llvm::StringRef isa);

/// The parts of a link besides program.cpp and the runtime.
struct LinkParts {
  std::vector<std::string> inputs;    ///< sources and objects
  std::vector<std::string> archives;  ///< flags for libraries before the runtime
  std::vector<std::string> libraries; ///< flags for libraries after the runtime
};

/// Returns the command by which `compiler` makes the program or shared library of `job`, with the
/// code flags of `isa`.
std::vector<std::string> linkCommand(const std::string &compiler, const BuildJob &job,
                                     llvm::StringRef isa, const LinkParts &parts);

/// Returns the folder for the shared libraries of the program `output`: `<output>.libs`, with
/// characters that a run path interprets replaced by `_`.
std::string librariesOf(llvm::StringRef output);

/// Copies the shared libraries that `output` loads to `librariesOf(output)`, except those of glibc
/// and the one whose name begins with `stays` (empty: none).
llvm::Error copyLibraries(const std::string &output, llvm::StringRef stays,
                          const std::string &logFile);

/// Runs a command and writes its output to `logFile`. If it fails, the output is part of the error.
llvm::Error runCommand(const std::vector<std::string> &command, llvm::StringRef logFile);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_HOSTCOMPILER_H
