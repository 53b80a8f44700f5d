//===- BuildFiles.h - CMakeLists.txt of emitted sources --------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_BUILDFILES_H
#define PLIMSOLL_COMPILER_CODEGEN_BUILDFILES_H

#include "llvm/ADT/StringRef.h"
#include <initializer_list>
#include <string>
#include <utility>

namespace plimsoll::codegen {

/// templates/<name>.cmake with a text in the place of each {{word}}.
std::string buildFileOf(llvm::StringRef name,
                        std::initializer_list<std::pair<llvm::StringRef, std::string>> words = {});

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_BUILDFILES_H
