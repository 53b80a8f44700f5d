//===- Phases.h - the part of a step that an op belongs to -----------*- C++ -*-===//
//
// Autodiff knows which ops were there before, which compute gradients, and of what, and which
// update parameters. It records that once, in the ops' locations: #nn.phase<backward> fused around
// the user's node. Later rewrites pass locations on and so keep it, and CSE still merges ops that
// differ in nothing else.
//
// A rewrite that replaces one op by several gives the location to the one that makes the value, and
// to the others the location without values. A rewrite that merges ops of different nodes adds the
// gradients of one to the location of the other.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_PHASES_H
#define PLIMSOLL_DIALECTS_NN_PHASES_H

#include "dialects/nn/NNDialect.h"

namespace plimsoll::nn {

/// Returns the phase recorded in `location`; forward if there is none.
Phase phaseOf(mlir::Location location);
/// Returns the number of the first result of the op with `location`; nothing if its results have no
/// gradient.
std::optional<unsigned> valuesOf(mlir::Location location);
/// Returns what the results of the op with `location` are gradients of.
llvm::ArrayRef<GradientOf> gradientsOf(mlir::Location location);

/// Returns `location` with another phase; forward is recorded by nothing.
mlir::Location withPhase(mlir::Location location, Phase phase);
/// Returns `location` with `first` as the number of the op's first result.
mlir::Location withValues(mlir::Location location, unsigned first);
/// Returns `location` with `gradients` beside those that it has, in ascending order.
mlir::Location withGradients(mlir::Location location, llvm::ArrayRef<GradientOf> gradients);
/// Returns the location of what has the results of `first` and then those of `second`: that of
/// `first`, and what the results of `second` are gradients of.
mlir::Location locationOfBoth(mlir::Operation *first, mlir::Operation *second);
/// Returns `location` with its phase and without numbers and gradients: for a copy of the value.
mlir::Location withoutValues(mlir::Location location);

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
