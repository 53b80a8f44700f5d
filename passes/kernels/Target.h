//===- Target.h - how a target runs launches -----------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_KERNELS_TARGET_H
#define PLIMSOLL_PASSES_KERNELS_TARGET_H

#include "dialects/nn/NNDialect.h"
#include "dialects/support/KernelKey.h"
#include <string>

namespace plimsoll::kernels {

/// How a target runs one op.
struct KernelChoice {
  KernelKey kernel;           ///< without a name: the op's usual kernel, or a loop nest
  int64_t workspaceBytes = 0; ///< scratch bytes that the kernel needs
  double seconds = 0;         ///< predicted time of one launch
};

/// What the choice of kernels needs to know of a target. This base class is a machine without
/// libraries: no kernel has a workspace, and times are predicted from operations and bytes alone.
class Target {
public:
  virtual ~Target() = default;
  /// Returns the alignment in bytes of every place in the arena.
  virtual int64_t alignment() const { return 64; }
  /// Returns the number of threads that each launch uses.
  virtual int threads() const { return 1; }
  /// Returns how `launch` runs. Fails, after a diagnostic at it, if no kernel can run it.
  virtual mlir::FailureOr<KernelChoice> choose(nn::LaunchOp launch) const;
};

} // namespace plimsoll::kernels

#endif // PLIMSOLL_PASSES_KERNELS_TARGET_H
