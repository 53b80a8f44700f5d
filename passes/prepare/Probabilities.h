//===- Probabilities.h - what an output's numbers are --------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_PREPARE_PROBABILITIES_H
#define PLIMSOLL_PASSES_PREPARE_PROBABILITIES_H

#include "mlir/IR/Value.h"
#include <optional>

namespace plimsoll::prepare {

/// What made an output a probability.
struct Probabilities {
  llvm::StringRef kind;  ///< "a Softmax", "a Sigmoid"
  mlir::Operation *node; ///< that computed it
  mlir::Value scores;    ///< what it read
};

/// Whether `value` is, but for its layout, the result of a softmax over `axis` (any dimension where
/// that is nothing) or of a sigmoid. A logarithm of one is none: a softmax of it is itself.
std::optional<Probabilities> probabilitiesOf(mlir::Value value, std::optional<int64_t> axis);

/// True where `value` is what a convolution gives, its channels still in dimension 1, but for
/// elementwise ops and its layout.
bool isOfConvolution(mlir::Value value);

} // namespace plimsoll::prepare

#endif // PLIMSOLL_PASSES_PREPARE_PROBABILITIES_H
