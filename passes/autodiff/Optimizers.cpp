//===- Optimizers.cpp - the optimizers there are, and their updates ---------------===//
#include "passes/autodiff/Optimizers.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::autodiff;

ArrayRef<OptimizerKind> plimsoll::autodiff::optimizerKinds() {
  static const OptimizerKind kinds[] = {
      {"adamw", "AdamW", 1e-3, 0.01, 1e-8, 0.999, {"beta1", "beta2", "eps"}},
      {"adam", "Adam", 1e-3, 0, 1e-8, 0.999, {"beta1", "beta2", "eps"}},
      {"sgd", "SGD", 1e-3, 0.01, 1e-8, 0.999, {"momentum", "nesterov"}},
      {"lion", "Lion", 1e-4, 0, 1e-8, 0.99, {"beta1", "beta2"}},
      {"adagrad", "Adagrad", 1e-2, 0, 1e-10, 0.999, {"eps"}},
      {"rmsprop", "RMSprop", 1e-2, 0, 1e-8, 0.999, {"alpha", "eps", "momentum"}},
  };
  return kinds;
}

const OptimizerKind *plimsoll::autodiff::findOptimizer(StringRef name) {
  for (const OptimizerKind &kind : optimizerKinds())
    if (kind.name == name)
      return &kind;
  return nullptr;
}

std::string plimsoll::autodiff::optimizerNames() {
  std::string text;
  ArrayRef<OptimizerKind> kinds = optimizerKinds();
  for (const OptimizerKind &kind : kinds) {
    bool last = &kind == &kinds.back();
    text += (text.empty() ? "" : last ? " or " : ", ") + kind.name.str();
  }
  return text;
}

UpdateRule plimsoll::autodiff::updateRule(Builder &builder, StringRef optimizer,
                                          const OptimizerNumbers &numbers) {
  UpdateRule rule;
  auto number = [&](StringRef name, double value) {
    rule.numbers.push_back(builder.getNamedAttr(name, builder.getF64FloatAttr(value)));
  };
  rule.op = "nn." + optimizer.str();
  bool withMomentum = numbers.momentum != 0;
  if (optimizer == "adamw" || optimizer == "adam")
    rule.slots = {"exp_avg", "exp_avg_sq"};
  else if (optimizer == "lion")
    rule.slots = {"exp_avg"};
  else if (optimizer == "adagrad")
    rule.slots = {"sum"};
  else if (optimizer == "rmsprop")
    rule.slots = {"square_avg"};
  if (optimizer == "adamw" || optimizer == "adam" || optimizer == "lion") {
    number("beta1", numbers.beta1);
    number("beta2", numbers.beta2);
  }
  if (optimizer == "rmsprop")
    number("alpha", numbers.alpha);
  if (optimizer != "sgd" && optimizer != "lion")
    number("epsilon", numbers.epsilon);
  if (withMomentum) {
    rule.slots.push_back("momentum_buffer");
    number("momentum", numbers.momentum);
  }
  if (optimizer == "rmsprop" && withMomentum)
    rule.op = "nn.rmsprop_momentum";
  if (optimizer == "sgd" && !withMomentum)
    rule.op = "nn.sgd_plain";
  if (optimizer == "sgd" && withMomentum && numbers.nesterov)
    rule.numbers.push_back(builder.getNamedAttr("nesterov", builder.getUnitAttr()));
  return rule;
}

std::optional<Clipping> plimsoll::autodiff::parseClipping(StringRef text) {
  auto [kind, limit] = text.split(':');
  Clipping clipping{kind == "norm", 0};
  if ((kind != "norm" && kind != "value") || limit.getAsDouble(clipping.limit) ||
      !(clipping.limit > 0) || std::isinf(clipping.limit))
    return std::nullopt;
  return clipping;
}
