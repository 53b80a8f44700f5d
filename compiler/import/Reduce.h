//===- Reduce.h - finds a small model that fails as a large one does -*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_IMPORT_REDUCE_H
#define PLIMSOLL_COMPILER_IMPORT_REDUCE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include <string>

namespace plimsoll::import {

struct ReduceOptions {
  std::string model, output;
  /// The shell runs this with `{}` replaced by the path of a candidate, or with the path appended.
  /// Exit code 0 means that the candidate still fails as the model does.
  std::string check;
};

struct ReduceReport {
  int64_t before = 0, after = 0; ///< number of nodes
  int64_t trials = 0;            ///< runs of the command
};

/// Cuts the model at its ends as long as the command exits with 0: inner values become outputs,
/// and, if the file has their shapes, inputs; nodes that nothing needs are removed. Writes the
/// smallest candidate to `output` and calls `tell` for every cut. Fails if the model itself does
/// not pass the check or a file cannot be written.
llvm::Expected<ReduceReport> reduceModel(const ReduceOptions &options,
                                         llvm::function_ref<void(const llvm::Twine &)> tell);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_IMPORT_REDUCE_H
