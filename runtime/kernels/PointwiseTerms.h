//===- PointwiseTerms.h - losses of single numbers, on every device ---------===//
#ifndef PLIMSOLL_KERNELS_POINTWISETERMS_H
#define PLIMSOLL_KERNELS_POINTWISETERMS_H

#include "plimsoll/Kernel.h"
#include "plimsoll/Math.h"

namespace plimsoll {

/// max(x, 0) - x y + ln(1 + e^-|x|), the logarithm accurate also near 0 (Kahan).
struct BceWithLogits {
  PLIMSOLL_INLINE float value(float x, float y) const {
    float e = plimsoll::exp(-__builtin_fabsf(x)), u = 1.0f + e;
    float tail = u == 1.0f ? e : plimsoll::log(u) * (e / (u - 1.0f));
    return (x > 0.0f ? x : 0.0f * x) - x * y + tail;
  }
  PLIMSOLL_INLINE float slope(float x, float y) const { return plimsoll::sigmoid(x) - y; }
};

struct L1 {
  PLIMSOLL_INLINE float value(float x, float y) const { return __builtin_fabsf(x - y); }
  PLIMSOLL_INLINE float slope(float x, float y) const {
    float d = x - y;
    return d > 0.0f ? 1.0f : d < 0.0f ? -1.0f : d;
  }
};

struct Huber {
  float delta;
  PLIMSOLL_INLINE float value(float x, float y) const {
    float d = x - y, size = __builtin_fabsf(d);
    return size > delta ? delta * (size - 0.5f * delta) : 0.5f * d * d;
  }
  PLIMSOLL_INLINE float slope(float x, float y) const {
    float d = x - y;
    d = d > delta ? delta : d;
    return d < -delta ? -delta : d;
  }
};

/// body(loss) for the kind of the launch.
template <typename Body> void forKind(const Launch &launch, const Body &body) {
  switch (launch.sizes[1]) {
  case 0:
    return body(BceWithLogits());
  case 1:
    return body(L1());
  default:
    return body(Huber{static_cast<float>(launch.scalars[0])});
  }
}

} // namespace plimsoll

#endif // PLIMSOLL_KERNELS_POINTWISETERMS_H
