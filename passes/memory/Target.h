//===- Target.h - what planning asks of a target -------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_MEMORY_TARGET_H
#define PLIMSOLL_PASSES_MEMORY_TARGET_H

#include "mlir/IR/Operation.h"
#include <string>

namespace plimsoll::memory {

/// How a target runs one op.
struct KernelChoice {
  std::string kernel;         ///< library kernel; empty: the default, or a loop nest
  int64_t workspaceBytes = 0; ///< scratch that the kernel is given
  double seconds = 0;         ///< predicted time of one launch
};

/// Facts about a target. This one is a machine without libraries: no workspaces, and a
/// time from operations and bytes alone.
class Target {
public:
  virtual ~Target() = default;
  virtual int64_t alignment() const { return 64; }
  virtual mlir::FailureOr<KernelChoice> choose(mlir::Operation *op) const;
};

} // namespace plimsoll::memory

#endif // PLIMSOLL_PASSES_MEMORY_TARGET_H
