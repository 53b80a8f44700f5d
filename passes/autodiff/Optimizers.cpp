//===- Optimizers.cpp - how parameters are updated --------------------------------===//
#include "passes/autodiff/Optimizers.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::autodiff;

OptimizerSettings::OptimizerSettings(const OptimizerKind &kind)
    : kind(&kind), learningRate(kind.learningRate), weightDecay(kind.weightDecay) {
  for (const OptimizerSetting &setting : kind.settings)
    numbers[setting.name.str()] = setting.standard;
}

const UpdateRule &OptimizerSettings::rule() const {
  return kind->momentumRule && numbers.at("momentum") != 0 ? *kind->momentumRule : kind->rule;
}

ElementType OptimizerSettings::stateElement(int64_t count) const {
  bool few = state->element == ElementType::u8 && count < kLeastCoded;
  return few ? ElementType::f32 : state->element;
}

SmallVector<NamedAttribute> OptimizerSettings::attributes(Builder &builder) const {
  SmallVector<NamedAttribute> attributes;
  for (StringRef name : rule().numbers)
    attributes.emplace_back(builder.getStringAttr(name),
                            builder.getF64FloatAttr(numbers.at(name.str())));
  for (StringRef name : rule().flags)
    if (numbers.at(name.str()) != 0)
      attributes.emplace_back(builder.getStringAttr(name), builder.getUnitAttr());
  return attributes;
}

// Text ----------------------------------------------------------------------

/// Returns the settings of all optimizers as text: "lr=, weight-decay=, beta1=, ..., nesterov,
/// state=".
static std::string allSettings() {
  SmallVector<std::string> texts = {"lr=", "weight-decay="};
  for (const OptimizerKind &kind : optimizerKinds())
    for (const OptimizerSetting &setting : kind.settings) {
      std::string text = setting.key.str() + (setting.isFlag ? "" : "=");
      if (!is_contained(texts, text))
        texts.push_back(text);
    }
  texts.push_back("state=");
  return join(texts, ", ");
}

static bool isOfAny(StringRef key) {
  return any_of(optimizerKinds(), [&](auto &kind) { return kind.findSetting(key); });
}

/// Returns where a setting is stored, or null if the optimizer does not have it.
static double *slotOf(OptimizerSettings &settings, StringRef key) {
  if (key == "lr")
    return &settings.learningRate;
  if (key == "weight-decay")
    return &settings.weightDecay;
  const OptimizerSetting *own = settings.kind->findSetting(key);
  return own ? &settings.numbers[own->name.str()] : nullptr;
}

static std::string applyState(OptimizerSettings &settings, StringRef text, StringRef name) {
  if (const StateType *type = findStateType(name)) {
    settings.state = type;
    return "";
  }
  return "'" + text.str() + "': expected " + stateTypeNames();
}

/// Applies one setting. Returns what is wrong with it, or an empty text.
static std::string apply(OptimizerSettings &settings, StringRef text) {
  auto [key, value] = text.split('=');
  if (key == "state")
    return applyState(settings, text, value);
  double *slot = slotOf(settings, key);
  if (!slot && !isOfAny(key))
    return "'" + text.str() + "' is not one of " + allSettings();
  if (!slot)
    return key.str() + " has no effect on " + settings.kind->name.str() + ", which knows " +
           settings.kind->keys();
  if (const OptimizerSetting *own = settings.kind->findSetting(key); own && own->isFlag) {
    *slot = 1;
    bool alone = value.empty() || value == "true";
    return alone ? "" : "'" + text.str() + "': expected " + key.str() + " alone";
  }
  double number = 0;
  if (value.getAsDouble(number) || !(number >= 0 && number < 1e30))
    return "'" + text.str() + "': expected a number of at least 0";
  *slot = number;
  return "";
}

OptimizerSettings plimsoll::autodiff::parseOptimizer(StringRef text,
                                                     std::vector<std::string> &problems) {
  SmallVector<StringRef> parts;
  text.split(parts, ',');
  const OptimizerKind *kind = findOptimizer(parts[0]);
  if (!kind) {
    problems.push_back("unknown optimizer '" + parts[0].str() + "', expected " + optimizerNames());
    return OptimizerSettings();
  }
  OptimizerSettings settings(*kind);
  for (StringRef part : drop_begin(parts))
    if (std::string problem = apply(settings, part); !problem.empty())
      problems.push_back(problem);
  if (!settings.state->isExact() && settings.rule().states.empty())
    problems.push_back("state=" + settings.state->name.str() + " has no effect on " +
                       kind->name.str() + " without momentum, which keeps no state");
  return settings;
}

std::optional<Clipping> plimsoll::autodiff::parseClipping(StringRef text) {
  auto [kind, limit] = text.split(':');
  Clipping clipping{kind == "norm", 0};
  if ((kind != "norm" && kind != "value") || limit.getAsDouble(clipping.limit) ||
      !(clipping.limit > 0) || std::isinf(clipping.limit))
    return std::nullopt;
  return clipping;
}
