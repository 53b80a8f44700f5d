//===- Probabilities.h - what an output's numbers are --------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_PREPARE_PROBABILITIES_H
#define PLIMSOLL_PASSES_PREPARE_PROBABILITIES_H

#include "mlir/IR/Value.h"
#include <optional>

namespace plimsoll::prepare {

/// The op that made an output a probability.
struct Probabilities {
  llvm::StringRef kind;  ///< its last op
  mlir::Operation *node; ///< what it reads
  mlir::Value scores;    ///< what it read
};

/// Returns the softmax over `axis` (over any dimension, if unset) or the sigmoid that made `value`,
/// except for its layout. A logarithm of a softmax does not count: its softmax is the softmax
/// itself.
std::optional<Probabilities> probabilitiesOf(mlir::Value value, std::optional<int64_t> axis);

/// True if a convolution made `value`, except for elementwise ops and reshapes, and its channels
/// are still in dimension 1.
bool isOfConvolution(mlir::Value value);

} // namespace plimsoll::prepare

#endif // PLIMSOLL_PASSES_PREPARE_PROBABILITIES_H
