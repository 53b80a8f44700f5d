//===- OptimizerKinds.h - the optimizers there are ------------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_SUPPORT_OPTIMIZERKINDS_H
#define PLIMSOLL_DIALECTS_SUPPORT_OPTIMIZERKINDS_H

#include "runtime/include/plimsoll/ElementType.h"
#include "runtime/include/plimsoll/StateCodes.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>
#include <vector>

namespace plimsoll {

/// How a parameter is updated: the op `nn.NAME`, and the kernel of the same name.
struct UpdateRule {
  llvm::StringRef name;
  std::vector<llvm::StringRef> states;  ///< operands behind the gradient
  std::vector<llvm::StringRef> squares; ///< those of the states that are never negative
  std::vector<llvm::StringRef> numbers; ///< f64 attributes; the kernel's scalars
  std::vector<llvm::StringRef> flags;   ///< unit attributes; the kernel's sizes
};

/// How the rows of a table that a step touched are updated: the op `nn.NAME`, and the kernel of the
/// same name.
struct RowsRule {
  llvm::StringRef name;
  llvm::StringRef ofAll; ///< the rule whose states and numbers it has
  bool catchesUp;        ///< knows weight decay, and does that of the steps that left a row alone
};

/// What states may be kept in. With codes (u8) each state has a scale for every block of them
/// besides (plimsoll/StateCodes.h).
struct StateType {
  llvm::StringRef name; ///< on the command line
  ElementType element;
  llvm::StringRef title; ///< as reports print it

  bool isExact() const { return element == ElementType::f32; }
};

struct OptimizerSetting {
  llvm::StringRef key;  ///< on the command line
  llvm::StringRef name; ///< a number or a flag of the rule
  double standard;
  bool isFlag;
};

/// An optimizer that the command line can name.
struct OptimizerKind {
  llvm::StringRef name;
  llvm::StringRef title;                  ///< as reports print it: "AdamW"
  double learningRate, weightDecay;       ///< PyTorch's defaults, or the paper's
  std::vector<OptimizerSetting> settings; ///< besides these two
  UpdateRule rule;
  std::optional<UpdateRule> momentumRule; ///< if the setting `momentum` is not 0
  bool biasCorrected;                     ///< the bias of moments is corrected by beta1 and beta2

  /// Returns the setting with this key, or null.
  const OptimizerSetting *findSetting(llvm::StringRef key) const;
  /// True if one of its rules keeps states.
  bool keepsStates() const {
    return !rule.states.empty() || (momentumRule && !momentumRule->states.empty());
  }
  /// Returns the keys of all settings, learning rate and weight decay first: "lr, weight-decay,
  /// ...".
  std::string keys() const;
};

/// Returns the optimizers of OptimizerKinds.td, in its order.
llvm::ArrayRef<OptimizerKind> optimizerKinds();
/// Returns the optimizer called `name`, or null.
const OptimizerKind *findOptimizer(llvm::StringRef name);
/// Returns all names as text: "adamw, adam, ... or rmsprop".
std::string optimizerNames();
/// Returns the types of OptimizerKinds.td, f32 first.
llvm::ArrayRef<StateType> stateTypes();
/// Returns the state type called `name`, or null.
const StateType *findStateType(llvm::StringRef name);
/// Returns their names as text: "f32, bf16 or 8bit".
std::string stateTypeNames();
/// Returns the rule of the op or kernel called `name`, or null.
const UpdateRule *findUpdateRule(llvm::StringRef name);

/// Returns the form for rows of the rule called `ofAll`, or null if it has none.
const RowsRule *findRowsRule(llvm::StringRef ofAll);
/// Returns the rule for rows of the op or kernel called `name`, or null.
const RowsRule *findUpdateRowsRule(llvm::StringRef name);

} // namespace plimsoll

#endif // PLIMSOLL_DIALECTS_SUPPORT_OPTIMIZERKINDS_H
