//===- JoinKernels.h - what a kernel does beside its op --------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_FUSE_JOINKERNELS_H
#define PLIMSOLL_PASSES_FUSE_JOINKERNELS_H

#include "passes/fuse/Fusion.h"

namespace plimsoll::fuse {

/// Returns the launches of ops whose kernels also do what stands beside them:
/// - the sum of a factor's columns: a bias's gradient with the weight's,
/// - the split of one tensor into queries, keys and values, and the concatenation of their
///   gradients, so that these never exist,
/// - the rows of a layer normalisation, again, with its gradients.
std::vector<LaunchGroup> findJoined(mlir::Block &block);

} // namespace plimsoll::fuse

#endif // PLIMSOLL_PASSES_FUSE_JOINKERNELS_H
