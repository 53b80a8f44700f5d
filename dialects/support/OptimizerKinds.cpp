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

/// Returns the row of `all` whose `field` is `name`, or null.
template <typename T> static const T *findBy(StringRef T::*field, StringRef name, ArrayRef<T> all) {
  const T *found = find_if(all, [&](const T &each) { return each.*field == name; });
  return found == all.end() ? nullptr : found;
}

const StateType *plimsoll::findStateType(StringRef name) {
  return findBy(&StateType::name, name, stateTypes());
}

const OptimizerKind *plimsoll::findOptimizer(StringRef name) {
  return findBy(&OptimizerKind::name, name, optimizerKinds());
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
  return findBy(&RowsRule::ofAll, ofAll, rowsRules());
}

const RowsRule *plimsoll::findUpdateRowsRule(StringRef name) {
  return findBy(&RowsRule::name, name, rowsRules());
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
