//===- Output.h - output of the commands -----------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_PLIMSOLL_OUTPUT_H
#define PLIMSOLL_TOOLS_PLIMSOLL_OUTPUT_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace plimsoll::cli {

/// Each prints an error to stderr and returns its exit code.
int usageError(const llvm::Twine &message);
int failed(const llvm::Twine &message);

/// Writes text to a file, or to standard output for "-" and "".
int writeText(const std::string &path, llvm::function_ref<void(llvm::raw_ostream &)> print);

/// Prints `value` to standard output.
void printJson(llvm::json::Value value);

/// Fails before the work begins if one of the files could not be written at its end.
int checkWritable(std::initializer_list<llvm::StringRef> paths);

} // namespace plimsoll::cli

#endif // PLIMSOLL_TOOLS_PLIMSOLL_OUTPUT_H
