//===- PointwiseTerms.h - elementwise losses, shared by every device --------===//
#ifndef PLIMSOLL_RULES_POINTWISETERMS_H
#define PLIMSOLL_RULES_POINTWISETERMS_H

#include "plimsoll/Kernel.h"
#include "plimsoll/Math.h"

namespace plimsoll {

PLIMSOLL_INLINE float magnitude(float x) {
  return __builtin_fabsf(x);
}
PLIMSOLL_INLINE double magnitude(double x) {
  return __builtin_fabs(x);
}

/// max(x, 0) - x y + ln(1 + e^-|x|), the logarithm accurate also near 0 (Kahan).
template <typename T> struct BceWithLogits {
  PLIMSOLL_INLINE T value(T x, T y) const {
    T e = plimsoll::exp(-magnitude(x)), u = T(1.0) + e;
    T tail = u == T(1.0) ? e : plimsoll::log(u) * (e / (u - T(1.0)));
    return (x > T(0.0) ? x : T(0.0) * x) - x * y + tail;
  }
  PLIMSOLL_INLINE T slope(T x, T y) const { return plimsoll::sigmoid(x) - y; }
};

template <typename T> struct L1 {
  PLIMSOLL_INLINE T value(T x, T y) const { return magnitude(x - y); }
  PLIMSOLL_INLINE T slope(T x, T y) const {
    T d = x - y;
    return d > T(0.0) ? T(1.0) : d < T(0.0) ? -T(1.0) : d;
  }
};

template <typename T> struct Huber {
  T delta;
  PLIMSOLL_INLINE T value(T x, T y) const {
    T d = x - y, size = magnitude(d);
    return size > delta ? delta * (size - T(0.5) * delta) : T(0.5) * d * d;
  }
  PLIMSOLL_INLINE T slope(T x, T y) const {
    T d = x - y;
    d = d > delta ? delta : d;
    return d < -delta ? -delta : d;
  }
};

/// Calls body(loss) with the loss that the launch's size `kind` names, on numbers of type `T`.
template <typename T = float, typename Body> void forKind(const Launch &launch, const Body &body) {
  switch (launch.sizes[1]) {
  case 0:
    return body(BceWithLogits<T>());
  case 1:
    return body(L1<T>());
  default:
    return body(Huber<T>{static_cast<T>(launch.scalars[0])});
  }
}

} // namespace plimsoll

#endif // PLIMSOLL_RULES_POINTWISETERMS_H
