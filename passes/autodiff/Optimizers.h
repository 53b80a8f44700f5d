//===- Optimizers.h - how parameters are updated ---------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_OPTIMIZERS_H
#define PLIMSOLL_PASSES_AUTODIFF_OPTIMIZERS_H

#include "dialects/support/OptimizerKinds.h"
#include "mlir/IR/Builders.h"
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace plimsoll::autodiff {

/// An optimizer and its settings: the standard ones, unless the user gave others.
struct OptimizerSettings {
  const OptimizerKind *kind;
  double learningRate, weightDecay;
  std::map<std::string, double> numbers; ///< by the names that rules have; 1 for a flag that is set
  const StateType *state = &stateTypes().front(); ///< what states are kept in

  /// Has the standard settings of `kind`.
  explicit OptimizerSettings(const OptimizerKind &kind = optimizerKinds().front());

  /// Returns the rule that updates parameters.
  const UpdateRule &rule() const;
  /// Returns what the states of a parameter of `count` numbers are kept in.
  ElementType stateElement(int64_t count) const;
  /// Returns the rule's numbers and flags as attributes.
  llvm::SmallVector<mlir::NamedAttribute> attributes(mlir::Builder &builder) const;
};

/// Parses `adamw,beta1=0.9,lr=3e-4,state=8bit`. Adds what is wrong to `problems`.
OptimizerSettings parseOptimizer(llvm::StringRef text, std::vector<std::string> &problems);

/// A limit of gradients: `norm:1.0` (of all together) or `value:0.5` (of each element).
struct Clipping {
  bool byNorm = false;
  double limit = 0;
};
/// Parses either form; returns nothing if `text` is neither.
std::optional<Clipping> parseClipping(llvm::StringRef text);

} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_OPTIMIZERS_H
