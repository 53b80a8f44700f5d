//===- Phases.h - what part of a step an op belongs to ---------------*- C++ -*-===//
//
// Autodiff knows which ops it found, which it made for gradients, and which update: it says so
// once, in their locations, #nn.phase<backward> fused around the user's node. There later
// rewrites keep it, which pass locations on, and it is in nobody's way: ops that are equal but
// for it are still merged.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_PHASES_H
#define PLIMSOLL_DIALECTS_NN_PHASES_H

#include "dialects/nn/NNDialect.h"

namespace plimsoll::nn {

/// The phase that `location` tells; forward where it tells none.
Phase phaseOf(mlir::Location location);
/// `location` with `phase`; nothing is written down for forward.
mlir::Location withPhase(mlir::Location location, Phase phase);

/// Marks what is added to a block from its making on.
class PhaseMarker {
public:
  explicit PhaseMarker(mlir::Block &block);
  /// Gives `phase` to every op that was added since the last call.
  void markAdded(Phase phase);

private:
  mlir::Block &block;
  llvm::DenseSet<mlir::Operation *> known;
};

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_PHASES_H
