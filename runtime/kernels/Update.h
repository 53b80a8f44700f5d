//===- Update.h - what every optimizer reads besides its own numbers --------===//
//
// Buffers {param, grad, the states..., hyper, clip}, where clip, f32 [1], may be left out: the
// gradient is multiplied by it. Sizes {count, decayed, ...}. Scalars {the optimizer's own...},
// and behind them all or none of
//   lrScale    multiplies the learning rate for this parameter
//   decay      its own weight decay; negative: that of the step
//   clipValue  limit of the gradient's elements, both ways; 0: none
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNELS_UPDATE_H
#define PLIMSOLL_KERNELS_UPDATE_H

#include "../backends/cpu/Team.h"
#include "plimsoll/Kernel.h"
#include "plimsoll/Program.h"

namespace plimsoll {

/// The step's scalars for one parameter.
struct Rates {
  float lr, stepSize, sqrtBias2;
  float decay;       ///< 0 where the parameter has none
  float decayFactor; ///< 1 - lr * decay
  bool first;        ///< step 1
  float clipScale, clipValue;

  /// The gradient as the update uses it; NaN stays NaN.
  float clipped(float gradient) const {
    float x = gradient * clipScale;
    x = x > clipValue ? clipValue : x;
    return x < -clipValue ? -clipValue : x;
  }
};

/// Of a launch with `states` buffers of state and `scalars` numbers of its own.
inline Rates ratesOf(const Launch &launch, int states, int scalars) {
  const float *hyper = launch.buffer<float>(2 + states);
  const double *groups = launch.scalars + scalars;
  bool grouped = launch.scalarCount > scalars, decayed = launch.sizes[1] != 0;
  double lrScale = grouped ? groups[0] : 1.0;
  bool own = grouped && groups[1] >= 0, clipped = launch.bufferCount > 3 + states;
  Rates rates;
  rates.lr = static_cast<float>(lrScale * double(hyper[kLearningRate]));
  rates.stepSize = static_cast<float>(lrScale * double(hyper[kStepSize]));
  rates.sqrtBias2 = hyper[kSqrtBias2];
  double decay = own ? groups[1] : double(hyper[kWeightDecay]);
  rates.decay = decayed ? static_cast<float>(decay) : 0.0f;
  rates.decayFactor = hyper[kDecayFactor];
  if (own || lrScale != 1.0)
    rates.decayFactor = static_cast<float>(1.0 - lrScale * double(hyper[kLearningRate]) * decay);
  if (!decayed)
    rates.decayFactor = 1.0f;
  rates.first = hyper[kFirstStep] != 0.0f;
  rates.clipScale = clipped ? *launch.buffer<float>(3 + states) : 1.0f;
  bool limited = grouped && groups[2] > 0;
  rates.clipValue = limited ? static_cast<float>(groups[2]) : __builtin_inff();
  return rates;
}

/// body(begin, end) over the elements; `work`: operations for each.
template <typename Body>
inline void forElements(const Launch &launch, int64_t work, const Body &body) {
  cpu::parallelRanges(launch.threads, launch.sizes[0], 1024, launch.sizes[0] * work,
                      [&](int, int64_t begin, int64_t end) { body(begin, end); });
}

} // namespace plimsoll

#endif // PLIMSOLL_KERNELS_UPDATE_H
