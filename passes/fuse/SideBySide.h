//===- SideBySide.h - updates that run as one launch ----------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_FUSE_SIDEBYSIDE_H
#define PLIMSOLL_PASSES_FUSE_SIDEBYSIDE_H

#include "passes/fuse/Fusion.h"

namespace plimsoll::fuse {

/// Returns groups of an optimizer's updates with the same settings, and of updates of running
/// statistics, that run as one launch: of all parameters if the gradients' norm is clipped, which
/// waits for all gradients anyway, else of small ones. Their gradients wait for each other, so all
/// that wait are together at most 1/256 of the bytes of parameters and states; 1/32 may wait for
/// a neighbour, as the gradients of the weights that multiply the same tensor. Each group runs in
/// the place of its last update, and its stores behind it.
std::vector<LaunchGroup> findSideBySide(mlir::Block &block);

} // namespace plimsoll::fuse

#endif // PLIMSOLL_PASSES_FUSE_SIDEBYSIDE_H
