//===- HostCompiler.h - what all toolchains use of the host's ---------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_HOSTCOMPILER_H
#define PLIMSOLL_COMPILER_CODEGEN_HOSTCOMPILER_H

#include "compiler/codegen/Toolchain.h"

namespace plimsoll::codegen {

/// The C++ compiler: $CXX, else the first of c++, g++ that is installed.
llvm::Expected<std::string> findHostCompiler();

/// Flags of x86-64-v3, on which the host's part of programs for other devices runs.
inline const std::vector<std::string> kPlainHost = {"-march=x86-64-v3"};

/// Flags that emitted code is compiled with, those of the instruction set last: bits depend on
/// them.
std::vector<std::string> codeFlags(const std::vector<std::string> &isaFlags);

/// What a program is made of.
struct LinkParts {
  std::string suffix; ///< of the runtime's libraries: "v3", "v4", "cuda", "emulator"
  std::vector<std::string> isaFlags;
  std::vector<std::string> inputs;         ///< sources and objects besides program.cpp
  std::vector<std::string> archives = {};  ///< flags for libraries in front of the runtime
  std::vector<std::string> libraries = {}; ///< flags for those behind it
};

/// The command that makes the program or shared library of `job` by the C++ compiler `compiler`.
std::vector<std::string> linkCommand(const std::string &compiler, const BuildJob &job,
                                     const LinkParts &parts);

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
