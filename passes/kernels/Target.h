//===- Target.h - what the choice of kernels asks of a target ------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_KERNELS_TARGET_H
#define PLIMSOLL_PASSES_KERNELS_TARGET_H

#include "mlir/IR/Operation.h"
#include <string>

namespace plimsoll::kernels {

/// How a target runs one op.
struct KernelChoice {
  std::string kernel;         ///< library kernel; empty: the default, or a loop nest
  int64_t workspaceBytes = 0; ///< scratch that the kernel is given
  double seconds = 0;         ///< predicted time of one launch
};

/// Facts about a target. This one is a machine without libraries: it has no workspaces, and its
/// times are of operations and bytes alone.
class Target {
public:
  virtual ~Target() = default;
  /// What every place in the arena is a multiple of, in bytes.
  virtual int64_t alignment() const { return 64; }
  /// Of each launch.
  virtual int threads() const { return 1; }
  /// Fails, after a diagnostic at `op`, where no kernel can run it.
  virtual mlir::FailureOr<KernelChoice> choose(mlir::Operation *op) const;
};

} // namespace plimsoll::kernels

#endif // PLIMSOLL_PASSES_KERNELS_TARGET_H
