//===- Reduce.h - a small model that fails as a large one does ------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_IMPORT_REDUCE_H
#define PLIMSOLL_COMPILER_IMPORT_REDUCE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include <string>

namespace plimsoll::import {

struct ReduceOptions {
  std::string model, output;
  /// Run by the shell with `{}` replaced by the path of a candidate (or the path behind it);
  /// exit code 0 says that the candidate still fails as the model does.
  std::string check;
};

struct ReduceReport {
  int64_t before = 0, after = 0; ///< nodes
  int64_t trials = 0;            ///< runs of the command
};

/// Cuts the model at its ends for as long as the command exits with 0: values inside become
/// outputs, and, where the file has their shapes, inputs; what nothing needs any more goes. Writes
/// the smallest candidate to `output`. `tell` hears of every cut.
llvm::Expected<ReduceReport> reduceModel(const ReduceOptions &options,
                                         llvm::function_ref<void(const llvm::Twine &)> tell);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_IMPORT_REDUCE_H
