//===- Optimizers.h - the optimizers there are, and their updates ----*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_OPTIMIZERS_H
#define PLIMSOLL_PASSES_AUTODIFF_OPTIMIZERS_H

#include "dialects/nn/NNDialect.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/ArrayRef.h"
#include <optional>
#include <string>

namespace plimsoll::autodiff {

/// An optimizer that the command line can name.
struct OptimizerKind {
  llvm::StringLiteral name;
  llvm::StringLiteral title;                        ///< as reports print it: "AdamW"
  double learningRate, weightDecay, epsilon, beta2; ///< PyTorch's defaults, or the paper's
  llvm::SmallVector<llvm::StringRef> keys;          ///< its settings besides lr and weight-decay
};

llvm::ArrayRef<OptimizerKind> optimizerKinds();
/// Returns the optimizer called `name`, or null.
const OptimizerKind *findOptimizer(llvm::StringRef name);
/// Returns all names as text: "adamw, adam, ... or rmsprop".
std::string optimizerNames();

/// The settings of an optimizer. Those that its kind does not have are ignored.
struct OptimizerNumbers {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, momentum = 0, alpha = 0.99;
  bool nesterov = false;
};

/// The op that updates a parameter: its name, the names of its states in order, its attributes.
struct UpdateRule {
  std::string op;
  llvm::SmallVector<llvm::StringRef> slots;
  llvm::SmallVector<mlir::NamedAttribute> numbers;
};
UpdateRule updateRule(mlir::Builder &builder, llvm::StringRef optimizer,
                      const OptimizerNumbers &numbers);

/// A limit of gradients: `norm:1.0` (of all together) or `value:0.5` (of each element).
struct Clipping {
  bool byNorm = false;
  double limit = 0;
};
/// Parses either form; returns nothing if `text` is neither.
std::optional<Clipping> parseClipping(llvm::StringRef text);

} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_OPTIMIZERS_H
