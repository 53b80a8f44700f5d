//===- Phases.h - the part of a step that an op belongs to -----------*- C++ -*-===//
//
// Autodiff knows which ops were there before, which compute gradients, and which update parameters.
// It records that once, in the ops' locations: #nn.phase<backward> fused around the user's node.
// Later rewrites pass locations on and so keep it, and CSE still merges ops that differ in nothing
// else.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_PHASES_H
#define PLIMSOLL_DIALECTS_NN_PHASES_H

#include "dialects/nn/NNDialect.h"

namespace plimsoll::nn {

/// Returns the phase recorded in `location`; forward if there is none.
Phase phaseOf(mlir::Location location);
/// Returns `location` with `phase` recorded; forward is recorded by nothing.
mlir::Location withPhase(mlir::Location location, Phase phase);

/// Marks the ops that are added to a block after its construction.
class PhaseMarker {
public:
  explicit PhaseMarker(mlir::Block &block);
  /// Marks every op that was added since the last call, or the construction, with `phase`.
  void markAdded(Phase phase);

private:
  mlir::Block &block;
  llvm::DenseSet<mlir::Operation *> known;
};

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_PHASES_H
