//===- Optimizers.h - the optimizers there are, and their updates ----*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_OPTIMIZERS_H
#define PLIMSOLL_PASSES_AUTODIFF_OPTIMIZERS_H

#include "dialects/nn/NNDialect.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/ArrayRef.h"
#include <optional>
#include <string>

namespace plimsoll::autodiff {

/// An optimizer by its name on the command line.
struct OptimizerKind {
  llvm::StringLiteral name;
  llvm::StringLiteral title;                        ///< for people: "AdamW"
  double learningRate, weightDecay, epsilon, beta2; ///< PyTorch's defaults, or the paper's
  llvm::SmallVector<llvm::StringRef> keys;          ///< of its own, besides lr and weight-decay
};

llvm::ArrayRef<OptimizerKind> optimizerKinds();
/// Null for an unknown name.
const OptimizerKind *findOptimizer(llvm::StringRef name);
/// "adamw, adam, ... or rmsprop"
std::string optimizerNames();

/// The numbers of an optimizer; each has those of its kind only.
struct OptimizerNumbers {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, momentum = 0, alpha = 0.99;
  bool nesterov = false;
};

/// One update as an op: its name, the names of its states in order, its attributes.
struct UpdateRule {
  std::string op;
  llvm::SmallVector<llvm::StringRef> slots;
  llvm::SmallVector<mlir::NamedAttribute> numbers;
};
UpdateRule updateRule(mlir::Builder &builder, llvm::StringRef optimizer,
                      const OptimizerNumbers &numbers);

/// How gradients are limited: `norm:1.0` or `value:0.5`.
struct Clipping {
  bool byNorm = false;
  double limit = 0;
};
/// Nothing when `text` is neither.
std::optional<Clipping> parseClipping(llvm::StringRef text);

} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_OPTIMIZERS_H
