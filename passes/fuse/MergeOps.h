//===- MergeOps.h - ops for which there is one kernel ---------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_FUSE_MERGEOPS_H
#define PLIMSOLL_PASSES_FUSE_MERGEOPS_H

#include "mlir/IR/PatternMatch.h"

namespace plimsoll::fuse {

/// Adds the pattern that merges a cross entropy with its gradient.
void addLossPattern(mlir::RewritePatternSet &patterns);
/// Adds patterns that make one op, for which there is a kernel, of several: of the two gradients of
/// a layer normalisation, of a batch normalisation, a sum and a relu, and of the gradients of a
/// relu and of the batch normalisation before it.
void addMergePatterns(mlir::RewritePatternSet &patterns);

} // namespace plimsoll::fuse

#endif // PLIMSOLL_PASSES_FUSE_MERGEOPS_H
