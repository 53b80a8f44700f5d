//===- OptimizerKinds.cpp - the optimizers there are ---------------------------===//
#include "dialects/support/OptimizerKinds.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace plimsoll;

ArrayRef<OptimizerKind> plimsoll::optimizerKinds() {
  static const OptimizerKind kinds[] = {
#include "dialects/support/OptimizerKinds.cpp.inc"
  };
  return kinds;
}

const OptimizerKind *plimsoll::findOptimizer(StringRef name) {
  const auto *found = find_if(optimizerKinds(), [&](auto &kind) { return kind.name == name; });
  return found == optimizerKinds().end() ? nullptr : found;
}

std::string plimsoll::optimizerNames() {
  std::string text;
  ArrayRef<OptimizerKind> kinds = optimizerKinds();
  for (const OptimizerKind &kind : kinds) {
    bool last = &kind == &kinds.back();
    text += (text.empty() ? "" : last ? " or " : ", ") + kind.name.str();
  }
  return text;
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

const OptimizerSetting *OptimizerKind::findSetting(StringRef key) const {
  auto found = find_if(settings, [&](auto &setting) { return setting.key == key; });
  return found == settings.end() ? nullptr : &*found;
}

std::string OptimizerKind::keys() const {
  std::string text = "lr, weight-decay";
  for (const OptimizerSetting &setting : settings)
    text += ", " + setting.key.str();
  return text;
}
