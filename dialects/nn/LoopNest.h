//===- LoopNest.h - ops as one linear loop nest ---------------------*- C++ -*-===//
//
// Ops whose index factors are free or reduced can run as one nest of loops: every point of its
// domain computes one element of each value. The nest of several ops follows from the factors of
// each: where one op reads what another one made, their indices are the same, and a reshape splits
// an index into several, or makes one of them.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_LOOPNEST_H
#define PLIMSOLL_DIALECTS_NN_LOOPNEST_H

#include "dialects/nn/Factors.h"
#include "mlir/IR/Value.h"
#include <optional>

namespace plimsoll::nn {

/// A loop nest in linear form: for each input and output one stride, in elements, for each
/// dimension of the domain. Dimensions of size 1 are removed, and adjacent dimensions that every
/// input and output walks without a gap are merged.
struct LoopNest {
  llvm::SmallVector<int64_t> domain;
  llvm::SmallVector<llvm::SmallVector<int64_t>> inputs, outputs;
  llvm::SmallVector<int64_t> reduced; ///< dimensions of `domain`
  /// Points of the domain at which each result of the ops is computed, divided by its elements:
  /// what is broadcast after it was computed is computed again for every copy. In the order of the
  /// ops.
  llvm::SmallVector<int64_t> repetitions;

  int64_t points() const;
};

/// Returns the nest that reads each of `inputs` and writes each of `outputs`, which `ops`, in
/// order, compute. Every result of the ops has one element for each point, and each output all
/// points that are not reduced. Returns nothing if the ops are no such nest: one of them has no
/// linear factors, an output lacks a dimension, one index would be two of an op's, the result of a
/// reduction is not the only output, or something is empty. One op whose results are the outputs
/// needs linear factors only.
std::optional<LoopNest> loopNest(llvm::ArrayRef<mlir::Operation *> ops,
                                 llvm::ArrayRef<mlir::Value> inputs,
                                 llvm::ArrayRef<mlir::Value> outputs);

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_LOOPNEST_H
