//===- OptimizerKinds.cpp - the optimizers there are ---------------------------===//
#include "dialects/support/OptimizerKinds.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace plimsoll;

ArrayRef<OptimizerKind> plimsoll::optimizerKinds() {
  static const OptimizerKind kinds[] = {
#define PLIMSOLL_OPTIMIZERS
#include "dialects/support/OptimizerKinds.cpp.inc"
  };
  return kinds;
}

ArrayRef<StateType> plimsoll::stateTypes() {
  static const StateType types[] = {
#define PLIMSOLL_STATE_TYPES
#include "dialects/support/OptimizerKinds.cpp.inc"
  };
  return types;
}

const StateType *plimsoll::findStateType(StringRef name) {
  const auto *found = find_if(stateTypes(), [&](auto &type) { return type.name == name; });
  return found == stateTypes().end() ? nullptr : found;
}

const OptimizerKind *plimsoll::findOptimizer(StringRef name) {
  const auto *found = find_if(optimizerKinds(), [&](auto &kind) { return kind.name == name; });
  return found == optimizerKinds().end() ? nullptr : found;
}

/// Returns the names of `all` as text: "a, b or c".
template <typename T> static std::string namesOf(ArrayRef<T> all) {
  std::string text;
  for (const T &each : all)
    text += (text.empty() ? "" : &each == &all.back() ? " or " : ", ") + each.name.str();
  return text;
}

std::string plimsoll::optimizerNames() {
  return namesOf(optimizerKinds());
}

std::string plimsoll::stateTypeNames() {
  return namesOf(stateTypes());
}

const UpdateRule *plimsoll::findUpdateRule(StringRef name) {
  for (const OptimizerKind &kind : optimizerKinds()) {
    if (kind.rule.name == name)
      return &kind.rule;
    if (kind.momentumRule && kind.momentumRule->name == name)
      return &*kind.momentumRule;
  }
  return nullptr;
}

static ArrayRef<RowsRule> rowsRules() {
  static const RowsRule rules[] = {
#define PLIMSOLL_ROWS_RULES
#include "dialects/support/OptimizerKinds.cpp.inc"
  };
  return rules;
}

const RowsRule *plimsoll::findRowsRule(StringRef ofAll) {
  const auto *found = find_if(rowsRules(), [&](auto &rule) { return rule.ofAll == ofAll; });
  return found == rowsRules().end() ? nullptr : found;
}

const RowsRule *plimsoll::findUpdateRowsRule(StringRef name) {
  const auto *found = find_if(rowsRules(), [&](auto &rule) { return rule.name == name; });
  return found == rowsRules().end() ? nullptr : found;
}

const OptimizerSetting *OptimizerKind::findSetting(StringRef key) const {
  auto found = find_if(settings, [&](auto &setting) { return setting.key == key; });
  return found == settings.end() ? nullptr : &*found;
}

std::string OptimizerKind::keys() const {
  std::string text = "lr, weight-decay";
  for (const OptimizerSetting &setting : settings)
    text += ", " + setting.key.str();
  return text + (keepsStates() ? ", state" : "");
}
