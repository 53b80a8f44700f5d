//===- Timeline.h - inputs and results of a program by name -----------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_EXECUTOR_TIMELINE_H
#define PLIMSOLL_COMPILER_EXECUTOR_TIMELINE_H

#include "compiler/executor/Executor.h"
#include <optional>

namespace plimsoll::executor {

/// An input of a program, which the host writes before a run.
struct Input {
  std::string name;
  std::string role; ///< "input", "labels" or "hyper"
  mlir::Type element;
  llvm::SmallVector<int64_t> shape;
  int64_t count, bytes;         ///< elements; bytes in the arena
  int64_t offset;               ///< bytes from the start of the arena
  std::optional<int64_t> limit; ///< integers must be below this
};

std::vector<Input> inputsOf(exec::ProgramOp program);

} // namespace plimsoll::executor

#endif // PLIMSOLL_COMPILER_EXECUTOR_TIMELINE_H
