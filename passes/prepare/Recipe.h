//===- Recipe.h - which parameters are trained, and how -------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_PREPARE_RECIPE_H
#define PLIMSOLL_PASSES_PREPARE_RECIPE_H

#include "mlir/IR/BuiltinOps.h"
#include <string>
#include <vector>

namespace plimsoll::prepare {

/// A number for the parameters that a regular expression matches.
struct NumberGroup {
  std::string expression;
  double value;
};

/// What the user says about parameters, by regular expressions that match a part of the
/// framework's name or of the model file's.
struct Recipe {
  /// Corrections to what the front end found: parameters that are trained, and that are not.
  std::vector<std::string> trainable, freeze;
  /// Parameters that weight decay leaves alone.
  std::vector<std::string> noDecay;
  /// Tables whose gradients are kept by rows.
  std::vector<std::string> sparse;
  /// Weight decay of their own, and factors on the learning rate; the last match counts.
  std::vector<NumberGroup> decay, lrScale;
};

/// Decides for every `nn.parameter` whether it is trained, whether weight decay applies to it (it
/// does to matrices and larger tensors that are no bias), and which decay and learning rate it has
/// of its own, and whether its gradient is sparse. Reports all contradictions; warns of expressions
/// that match no parameter.
mlir::LogicalResult assignRecipe(mlir::ModuleOp module, const Recipe &recipe);

} // namespace plimsoll::prepare

#endif // PLIMSOLL_PASSES_PREPARE_RECIPE_H
