//===- UpdateRules.h - one update of one number of a parameter --------------===//
//
// Shared by every device. A rule gets the number, its gradient and its states, and writes
// the number and the states; each operation is rounded as torch.optim's single-tensor form
// rounds it.
//   AdamRule      param *= 1 - lr * decay (adamw), or grad += decay * param (adam);
//                 m = lerp(m, grad, 1 - beta1); v = beta2 * v + (1 - beta2) * grad^2;
//                 param -= stepSize * m / (sqrt(v) / sqrtBias2 + epsilon)
//   SgdRule       grad += decay * param; momentum = momentum * mu + grad, at step 1 grad;
//                 param -= lr * momentum, or lr * (grad + mu * momentum) with nesterov
//   LionRule      param *= 1 - lr * decay; param -= lr * sign(beta1 * m + (1 - beta1) * grad);
//                 m = beta2 * m + (1 - beta2) * grad
//   AdagradRule   grad += decay * param; sum += grad^2; param -= lr * grad / (sqrt(sum) + epsilon)
//   RmspropRule   grad += decay * param; v = alpha * v + (1 - alpha) * grad^2;
//                 x = grad / (sqrt(v) + epsilon); momentum = mu * momentum + x;
//                 param -= lr * (momentum or x)
// Source: Loshchilov and Hutter (2019), algorithm 2; Chen et al. (2023), algorithm 2;
// torch/optim/{adamw,adam,sgd,adagrad,rmsprop}.py.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_RULES_UPDATERULES_H
#define PLIMSOLL_RULES_UPDATERULES_H

#include "plimsoll/Inline.h"
#include "plimsoll/Kernel.h"
#include "plimsoll/Math.h"
#include "plimsoll/Program.h"

namespace plimsoll {

/// The step's scalars for one parameter.
struct Rates {
  float lr, stepSize, sqrtBias2;
  float decay;       ///< weight decay; 0 if the parameter is not decayed
  float decayFactor; ///< 1 - lr * decay
  bool first;        ///< step 1
  float clipScale, clipValue;

  /// Returns the gradient scaled and clipped; NaN stays NaN.
  PLIMSOLL_INLINE float clipped(float gradient) const {
    float x = gradient * clipScale;
    x = x > clipValue ? clipValue : x;
    return x < -clipValue ? -clipValue : x;
  }
};

/// A launch's settings for its parameter.
struct UpdateGroup {
  double lrScale = 1; ///< multiplies the learning rate
  double decay = -1;  ///< the parameter's weight decay; negative: that of the step
  double limit = 0;   ///< the gradient's elements are clipped to [-limit, limit]; 0: not clipped
  bool decayed = false;
};

/// Returns the rates of one parameter. `hyper`: the scalars of the step (Hyper in Program.h).
/// `clip`, f32 [1] or null, is the factor on the gradient.
PLIMSOLL_INLINE Rates ratesOf(const float *hyper, const float *clip, const UpdateGroup &group) {
  Rates rates;
  rates.lr = static_cast<float>(group.lrScale * double(hyper[kLearningRate]));
  rates.stepSize = static_cast<float>(group.lrScale * double(hyper[kStepSize]));
  rates.sqrtBias2 = hyper[kSqrtBias2];
  bool own = group.decay >= 0;
  double decay = own ? group.decay : double(hyper[kWeightDecay]);
  rates.decay = group.decayed ? static_cast<float>(decay) : 0.0f;
  rates.decayFactor = hyper[kDecayFactor];
  if (own || group.lrScale != 1.0)
    rates.decayFactor =
        static_cast<float>(1.0 - group.lrScale * double(hyper[kLearningRate]) * decay);
  if (!group.decayed)
    rates.decayFactor = 1.0f;
  rates.first = hyper[kFirstStep] != 0.0f;
  rates.clipScale = clip ? *clip : 1.0f;
  rates.clipValue = group.limit > 0 ? static_cast<float>(group.limit) : detail::kInfinity;
  return rates;
}

template <bool decoupled> struct AdamRule {
  static constexpr int states = 2;
  float oneMinusBeta1, beta2, oneMinusBeta2, epsilon;

  AdamRule(const double *scalars)
      : oneMinusBeta1(static_cast<float>(1.0 - scalars[0])), beta2(static_cast<float>(scalars[1])),
        oneMinusBeta2(static_cast<float>(1.0 - scalars[1])),
        epsilon(static_cast<float>(scalars[2])) {}

  PLIMSOLL_INLINE void operator()(const Rates &rates, float &p, float g, float &m, float &v) const {
    float param = decoupled ? p * rates.decayFactor : p;
    float gradient = rates.clipped(g);
    if (!decoupled)
      gradient = gradient + rates.decay * param;
    float first = m + oneMinusBeta1 * (gradient - m);
    float second = v * beta2 + oneMinusBeta2 * gradient * gradient;
    float denominator = plimsoll::sqrt(second) / rates.sqrtBias2 + epsilon;
    m = first;
    v = second;
    p = param - rates.stepSize * first / denominator;
  }
};

struct SgdRule {
  static constexpr int states = 0;

  PLIMSOLL_INLINE void operator()(const Rates &rates, float &p, float g) const {
    p = p - rates.lr * (rates.clipped(g) + rates.decay * p);
  }
};

struct SgdMomentumRule {
  static constexpr int states = 1;
  float momentum;
  bool nesterov;

  PLIMSOLL_INLINE void operator()(const Rates &rates, float &p, float g, float &m) const {
    float gradient = rates.clipped(g) + rates.decay * p;
    float moving = rates.first ? gradient : m * momentum + gradient;
    m = moving;
    p = p - rates.lr * (nesterov ? gradient + momentum * moving : moving);
  }
};

struct LionRule {
  static constexpr int states = 1;
  float beta1, oneMinusBeta1, beta2, oneMinusBeta2;

  LionRule(const double *scalars)
      : beta1(static_cast<float>(scalars[0])), oneMinusBeta1(static_cast<float>(1.0 - scalars[0])),
        beta2(static_cast<float>(scalars[1])), oneMinusBeta2(static_cast<float>(1.0 - scalars[1])) {
  }

  PLIMSOLL_INLINE void operator()(const Rates &rates, float &p, float g, float &m) const {
    float gradient = rates.clipped(g);
    float direction = m * beta1 + gradient * oneMinusBeta1;
    float sign = direction > 0.0f ? 1.0f : direction < 0.0f ? -1.0f : direction; // NaN stays NaN
    m = m * beta2 + gradient * oneMinusBeta2;
    p = p * rates.decayFactor - rates.lr * sign;
  }
};

struct AdagradRule {
  static constexpr int states = 1;
  float epsilon;

  PLIMSOLL_INLINE void operator()(const Rates &rates, float &p, float g, float &sum) const {
    float gradient = rates.clipped(g) + rates.decay * p;
    sum = sum + gradient * gradient;
    p = p - rates.lr * gradient / (plimsoll::sqrt(sum) + epsilon);
  }
};

struct RmspropRule {
  static constexpr int states = 1;
  float alpha, oneMinusAlpha, epsilon;

  RmspropRule(const double *scalars)
      : alpha(static_cast<float>(scalars[0])), oneMinusAlpha(static_cast<float>(1.0 - scalars[0])),
        epsilon(static_cast<float>(scalars[1])) {}

  /// Adds one gradient to the moving average of squares, and returns what to divide it by.
  PLIMSOLL_INLINE float movedRoot(float gradient, float &average) const {
    average = average * alpha + oneMinusAlpha * gradient * gradient;
    return plimsoll::sqrt(average) + epsilon;
  }

  PLIMSOLL_INLINE void operator()(const Rates &rates, float &p, float g, float &v) const {
    float gradient = rates.clipped(g) + rates.decay * p;
    p = p - rates.lr * gradient / movedRoot(gradient, v);
  }
};

struct RmspropMomentumRule : RmspropRule {
  static constexpr int states = 2;
  float momentum;

  RmspropMomentumRule(const double *scalars)
      : RmspropRule(scalars), momentum(static_cast<float>(scalars[2])) {}

  PLIMSOLL_INLINE void operator()(const Rates &rates, float &p, float g, float &v, float &m) const {
    float gradient = rates.clipped(g) + rates.decay * p;
    m = m * momentum + gradient / movedRoot(gradient, v);
    p = p - rates.lr * m;
  }
};

/// Calls `update(rule, slots, scalars)` with the rule of the optimizer, the number of places for
/// state buffers in the launch (null ones included), and the number of scalars of the optimizer.
template <typename Update> void withAdamw(const Launch &launch, Update update) {
  update(AdamRule<true>(launch.scalars), 2, 3);
}
template <typename Update> void withAdam(const Launch &launch, Update update) {
  update(AdamRule<false>(launch.scalars), 2, 3);
}
template <typename Update> void withSgd(const Launch &launch, Update update) {
  if (launch.buffers[2])
    update(SgdMomentumRule{static_cast<float>(launch.scalars[0]), launch.sizes[2] != 0}, 1, 1);
  else
    update(SgdRule(), 1, 1);
}
template <typename Update> void withLion(const Launch &launch, Update update) {
  update(LionRule(launch.scalars), 1, 2);
}
template <typename Update> void withAdagrad(const Launch &launch, Update update) {
  update(AdagradRule{static_cast<float>(launch.scalars[0])}, 1, 1);
}
template <typename Update> void withRmsprop(const Launch &launch, Update update) {
  if (launch.buffers[3])
    update(RmspropMomentumRule(launch.scalars), 2, 3);
  else
    update(RmspropRule(launch.scalars), 2, 3);
}

/// Expands define(kernel, struct of its arguments, function with... of its rule) for every
/// optimizer.
#define PLIMSOLL_FOR_EACH_OPTIMIZER(define)                                                        \
  define(adamw, AdamArguments, withAdamw) define(adam, AdamArguments, withAdam)                    \
      define(sgd, SgdArguments, withSgd) define(lion, LionArguments, withLion)                     \
          define(adagrad, AdagradArguments, withAdagrad)                                           \
              define(rmsprop, RmspropArguments, withRmsprop)

/// Reads the settings of the parameter, which follow the `scalars` scalars of the optimizer.
inline UpdateGroup groupOf(const Launch &launch, int scalars) {
  UpdateGroup group;
  group.decayed = launch.sizes[1] != 0;
  if (launch.scalarCount > scalars) {
    const double *own = launch.scalars + scalars;
    group.lrScale = own[0], group.decay = own[1], group.limit = own[2];
  }
  return group;
}

/// Returns the factor on the gradient, the buffer after `hyper` (there are `slots` states), or
/// null.
inline const float *clipOf(const Launch &launch, int slots) {
  return launch.bufferCount > 3 + slots ? launch.buffer<float>(3 + slots) : nullptr;
}

} // namespace plimsoll

#endif // PLIMSOLL_RULES_UPDATERULES_H
