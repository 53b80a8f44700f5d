//===- Fusion.h - which ops run as one loop nest --------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_FUSE_FUSION_H
#define PLIMSOLL_PASSES_FUSE_FUSION_H

#include "mlir/IR/Block.h"
#include "mlir/IR/Operation.h"

namespace plimsoll::fuse {

/// Ops that run as one launch.
struct LaunchGroup {
  llvm::SmallVector<mlir::Operation *> ops; ///< in order, reshapes between them included
  llvm::SmallVector<mlir::Value> inputs;    ///< what they read of others
  llvm::SmallVector<mlir::Value> outputs;   ///< what others read of them
  /// The op in whose place they run. What they need is made before it, and others read them after
  /// it; reshapes in between may stand elsewhere.
  mlir::Operation *root;
  mlir::Location loc; ///< of the launch
};

/// True if `op` can be a part of a loop nest with others.
bool isFusible(mlir::Operation *op);

/// True for ops that take a cycle or two for an element, so that one may be computed again for
/// every copy that a broadcast makes; exponentials and divisions do not.
bool isCheap(mlir::Operation *op);

/// Returns the groups of two or more elementwise ops, broadcasts, transpositions, and a sum at the
/// end, that run as one loop nest (see LoopNest.h), in the order in which they run. Depends on the
/// ops alone, not on a budget or a target.
///
/// Ops are in one group if one reads what another makes, or both read the same value one after the
/// other. Where other launches ran between them, what has to live longer is not more than what is
/// saved meanwhile; and what is computed several times for a broadcast is cheap.
std::vector<LaunchGroup> findLaunchGroups(mlir::Block &block);

} // namespace plimsoll::fuse

#endif // PLIMSOLL_PASSES_FUSE_FUSION_H
