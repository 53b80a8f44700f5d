//===- UpdateRules.h - one update of one number of a parameter --------------===//
//
// Shared by every device. dialects/support/OptimizerKinds.td has a record for each rule, with its
// formula, its states and its scalars; here is the struct of the same name. It is made from a
// launch's scalars and flags in the record's order, gets the number, its gradient and its states,
// and writes the number and the states; each operation is rounded as torch.optim's single-tensor
// form rounds it.
// Source: Loshchilov and Hutter (2019), algorithm 2; Chen et al. (2023), algorithm 2;
// torch/optim/{adamw,adam,sgd,adagrad,rmsprop,_functional}.py (the last has SparseAdam).
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_RULES_UPDATERULES_H
#define PLIMSOLL_RULES_UPDATERULES_H

#include "plimsoll/Inline.h"
#include "plimsoll/Kernel.h"
#include "plimsoll/Math.h"
#include "plimsoll/Program.h"
#include "plimsoll/StateCodes.h"

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

/// A launch's settings for its parameters.
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

namespace detail {

/// Returns scalar `i` of a launch as f32.
inline float scalarOf(const Launch &launch, int i) {
  return static_cast<float>(launch.scalars[i]);
}
/// Returns 1 minus scalar `i`, subtracted in f64, as f32.
inline float oneMinusScalarOf(const Launch &launch, int i) {
  return static_cast<float>(1.0 - launch.scalars[i]);
}
/// Returns flag `i` of a rule, which follows the one that all updates have.
inline bool flagOf(const Launch &launch, int i) {
  return launch.sizes[1 + i] != 0;
}

/// Adam with decoupled weight decay, or with decay that is added to the gradient.
template <bool decoupled> struct MomentsRule {
  float oneMinusBeta1, beta2, oneMinusBeta2, epsilon;

  explicit MomentsRule(const Launch &launch)
      : oneMinusBeta1(oneMinusScalarOf(launch, 0)), beta2(scalarOf(launch, 1)),
        oneMinusBeta2(oneMinusScalarOf(launch, 1)), epsilon(scalarOf(launch, 2)) {}

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

} // namespace detail

using AdamWRule = detail::MomentsRule</*decoupled=*/true>;
using AdamRule = detail::MomentsRule</*decoupled=*/false>;

/// Adam for rows, without decay: epsilon is added to the root before the bias is corrected.
struct SparseAdamRule {
  float oneMinusBeta1, oneMinusBeta2, epsilon;

  explicit SparseAdamRule(const Launch &launch)
      : oneMinusBeta1(detail::oneMinusScalarOf(launch, 0)),
        oneMinusBeta2(detail::oneMinusScalarOf(launch, 1)), epsilon(detail::scalarOf(launch, 2)) {}

  PLIMSOLL_INLINE void operator()(const Rates &rates, float &p, float g, float &m, float &v) const {
    float gradient = rates.clipped(g);
    m = m + oneMinusBeta1 * (gradient - m);
    v = v + oneMinusBeta2 * (gradient * gradient - v);
    p = p - rates.stepSize * rates.sqrtBias2 * (m / (plimsoll::sqrt(v) + epsilon));
  }
};

struct SgdPlainRule {
  explicit SgdPlainRule(const Launch &) {}

  PLIMSOLL_INLINE void operator()(const Rates &rates, float &p, float g) const {
    p = p - rates.lr * (rates.clipped(g) + rates.decay * p);
  }
};

struct SgdRule {
  float momentum;
  bool nesterov;

  explicit SgdRule(const Launch &launch)
      : momentum(detail::scalarOf(launch, 0)), nesterov(detail::flagOf(launch, 0)) {}

  PLIMSOLL_INLINE void operator()(const Rates &rates, float &p, float g, float &m) const {
    float gradient = rates.clipped(g) + rates.decay * p;
    float moving = rates.first ? gradient : m * momentum + gradient;
    m = moving;
    p = p - rates.lr * (nesterov ? gradient + momentum * moving : moving);
  }
};

struct LionRule {
  float beta1, oneMinusBeta1, beta2, oneMinusBeta2;

  explicit LionRule(const Launch &launch)
      : beta1(detail::scalarOf(launch, 0)), oneMinusBeta1(detail::oneMinusScalarOf(launch, 0)),
        beta2(detail::scalarOf(launch, 1)), oneMinusBeta2(detail::oneMinusScalarOf(launch, 1)) {}

  PLIMSOLL_INLINE void operator()(const Rates &rates, float &p, float g, float &m) const {
    float gradient = rates.clipped(g);
    float direction = m * beta1 + gradient * oneMinusBeta1;
    float sign = direction > 0.0f ? 1.0f : direction < 0.0f ? -1.0f : direction; // NaN stays NaN
    m = m * beta2 + gradient * oneMinusBeta2;
    p = p * rates.decayFactor - rates.lr * sign;
  }
};

struct AdagradRule {
  float epsilon;

  explicit AdagradRule(const Launch &launch) : epsilon(detail::scalarOf(launch, 0)) {}

  PLIMSOLL_INLINE void operator()(const Rates &rates, float &p, float g, float &sum) const {
    float gradient = rates.clipped(g) + rates.decay * p;
    sum = sum + gradient * gradient;
    p = p - rates.lr * gradient / (plimsoll::sqrt(sum) + epsilon);
  }
};

struct RmspropRule {
  float alpha, oneMinusAlpha, epsilon;

  explicit RmspropRule(const Launch &launch)
      : alpha(detail::scalarOf(launch, 0)), oneMinusAlpha(detail::oneMinusScalarOf(launch, 0)),
        epsilon(detail::scalarOf(launch, 1)) {}

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
  float momentum;

  explicit RmspropMomentumRule(const Launch &launch)
      : RmspropRule(launch), momentum(detail::scalarOf(launch, 2)) {}

  PLIMSOLL_INLINE void operator()(const Rates &rates, float &p, float g, float &v, float &m) const {
    float gradient = rates.clipped(g) + rates.decay * p;
    m = m * momentum + gradient / movedRoot(gradient, v);
    p = p - rates.lr * m;
  }
};

/// Updates one number by a rule with `states` states.
template <int states, typename Rule>
PLIMSOLL_INLINE void updateOne(const Rule &rule, const Rates &rates, float &p, float g,
                               [[maybe_unused]] float &first, [[maybe_unused]] float &second) {
  if constexpr (states == 0)
    rule(rates, p, g);
  else if constexpr (states == 1)
    rule(rates, p, g, first);
  else
    rule(rates, p, g, first, second);
}

/// Reads the settings of the parameters, which follow the `scalars` scalars of the rule.
inline UpdateGroup groupOf(const Launch &launch, int scalars) {
  UpdateGroup group;
  group.decayed = launch.sizes[0] != 0;
  if (launch.scalarCount > scalars) {
    const double *own = launch.scalars + scalars;
    group.lrScale = own[0], group.decay = own[1], group.limit = own[2];
  }
  return group;
}

/// One parameter of a launch.
struct UpdatedParameter {
  float *param;
  const float *gradient;
  void *states[2];  ///< null if the rule has fewer
  float *scales[2]; ///< of the blocks of states that are codes; else null
  int64_t count;
};

/// The parameters of a launch, whose rule has `states` states for each. What the states are kept in
/// is the type of the launch.
template <int states> class UpdatedParameters {
public:
  static_assert(states <= 2, "a parameter has two states");

  explicit UpdatedParameters(const Launch &launch)
      : launch(launch), own(2 + (launch.type == ElementType::u8 ? 2 * states : states)),
        parameters((launch.bufferCount - 1) / own) {}

  int size() const { return parameters; }
  int64_t count(int i) const { return launch.sizes[launch.sizeCount - parameters + i]; }
  UpdatedParameter operator[](int i) const {
    UpdatedParameter each = {buffer(0, i), buffer(1, i), {}, {}, count(i)};
    for (int state = 0; state < states; ++state) {
      each.states[state] = buffer(2 + state, i);
      if (own > 2 + states)
        each.scales[state] = buffer(2 + states + state, i);
    }
    return each;
  }
  /// The scalars of the step.
  const float *hyper() const { return launch.buffer<float>(parameters * own); }
  /// The factor on the gradients, or null.
  const float *clip() const {
    int index = parameters * own + 1;
    return launch.bufferCount > index ? launch.buffer<float>(index) : nullptr;
  }

private:
  float *buffer(int which, int i) const { return launch.buffer<float>(which * parameters + i); }

  const Launch &launch;
  int own; ///< buffers of one parameter
  int parameters;
};

// Rows ------------------------------------------------------------------------

/// The table of an update of rows, whose rule has `states` states.
template <int states> struct UpdatedRows {
  float *param;          ///< [rows, inner], as the states are
  const float *gradient; ///< [count, inner]
  const int64_t *at;     ///< [count]: the number of each row, or one outside the table for none
  void *stateOf[2];      ///< null if the rule has fewer
  /// [rows + 1], or null: of each row the sum of log(1 - lr decay) over the steps up to its last
  /// update, and at the end that over all steps.
  double *decaySums;
  const float *hyper, *clip; ///< as UpdatedParameters::hyper and clip
  int64_t rows, inner, count;

  static constexpr int kSizes = 4; ///< the flag `decayed`, and the three extents

  explicit UpdatedRows(const Launch &launch)
      : param(launch.buffer<float>(0)), gradient(launch.buffer<float>(1)),
        at(launch.buffer<int64_t>(2)), stateOf{}, decaySums(launch.buffer<double>(3 + states)),
        hyper(launch.buffer<float>(4 + states)),
        clip(launch.bufferCount > 5 + states ? launch.buffer<float>(5 + states) : nullptr),
        rows(launch.sizes[1]), inner(launch.sizes[2]), count(launch.sizes[3]) {
    for (int state = 0; state < states; ++state)
      stateOf[state] = launch.buffer<void>(3 + state);
  }

  /// Returns the row at place `i`, or -1 if there is none.
  PLIMSOLL_INLINE int64_t row(int64_t i) const { return at[i] < 0 || at[i] >= rows ? -1 : at[i]; }
};

/// Returns log(1 - x) for a share `x` from 0 on; one of 1 or more, which leaves nothing of a
/// parameter, counts as one that leaves 1e-30. Its series has the same bits on every device.
PLIMSOLL_INLINE double logOfRest(double x) {
  if (!(x < 0.5))
    return double(plimsoll::log(x < 1.0 - 1e-7 ? static_cast<float>(1.0 - x) : 1e-30f));
  // log(1 - x) = -2 artanh(z), where z is at most 1/3
  double z = x / (2.0 - x), square = z * z, power = z, sum = 0.0;
  for (int odd = 1; odd < 36; odd += 2) {
    sum = sum + power / odd;
    power = power * square;
  }
  return -2.0 * sum;
}

/// Returns the logarithm of what a step leaves of a parameter by decay.
PLIMSOLL_INLINE double logOfDecay(const Rates &rates) {
  return logOfRest(double(rates.lr) * double(rates.decay));
}

/// Returns the factor by which a row shrinks for the steps between the one after which its sum was
/// `ofRow` and the one after which that of all steps is `ofAll`; 1 if there is none.
PLIMSOLL_INLINE float missedDecay(double ofAll, double ofRow) {
  return ofAll == ofRow ? 1.0f : plimsoll::exp(static_cast<float>(ofAll - ofRow));
}

} // namespace plimsoll

#endif // PLIMSOLL_RULES_UPDATERULES_H
