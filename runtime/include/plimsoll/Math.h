//===- Math.h - elementary functions that vectorise with the same bits ------===//
//
// Emitted loops and library kernels call these. Each f32 function is one straight
// line of arithmetic and selects, so that the compiler vectorises the loop around
// it, and a full vector, a remainder and a scalar call all give the same bits.
// Errors are below 4 ulp over the normal range (most below 2); infinities, NaN,
// zeros and overflow come out as in libm. The f64 overloads call libm.
//
// Sources: exp and pow by Cody-Waite reduction and minimax/Taylor polynomials, log
// and tanh with the polynomials of Cephes (S. Moshier), erf after N. Juffa.
// Needs FMA (x86-64-v3), -ffp-contract=off, -fno-math-errno, -fno-trapping-math.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_MATH_H
#define PLIMSOLL_MATH_H

#include "plimsoll/Inline.h"

#include <cmath>
#include <cstdint>

namespace plimsoll {

namespace detail {
PLIMSOLL_INLINE int32_t bitsOf(float x) {
  return __builtin_bit_cast(int32_t, x);
}
PLIMSOLL_INLINE float floatOf(int32_t bits) {
  return __builtin_bit_cast(float, bits);
}
PLIMSOLL_INLINE float fma(float a, float b, float c) {
  return __builtin_fmaf(a, b, c);
}
PLIMSOLL_INLINE double fma(double a, double b, double c) {
  return __builtin_fma(a, b, c);
}

/// Returns 2^n for -126 <= n <= 127. For any other n (exp of a NaN passes one) the result is
/// meaningless, but the call is well defined.
PLIMSOLL_INLINE float twoTo(int32_t n) {
  return floatOf(static_cast<int32_t>((static_cast<uint32_t>(n) + 127u) << 23));
}

/// Adding and taking away 1.5 * 2^23 rounds to the nearest integer, ties to even.
constexpr float kRound = 12582912.0f;
constexpr float kInfinity = __builtin_inff();
constexpr float kNaN = __builtin_nanf("");
} // namespace detail

/// e^x.
PLIMSOLL_INLINE float exp(float x) {
  using namespace detail;
  // Below, the result rounds to 0: computing it would be slow, as all subnormal numbers are on many
  // processors, and masks give many of these.
  bool vanishes = x < -104.0f;
  float clamped = vanishes ? 0.0f : x;
  clamped = clamped > 89.0f ? 89.0f : clamped;
  float shifted = fma(clamped, 1.44269504f, kRound);
  int32_t n = bitsOf(shifted) - bitsOf(kRound);
  float whole = shifted - kRound;
  float r = fma(whole, -0.693145752f, clamped);
  r = fma(whole, -1.42860677e-6f, r);
  float p = 1.98412698e-4f;
  p = fma(p, r, 1.38888889e-3f);
  p = fma(p, r, 8.33333377e-3f);
  p = fma(p, r, 4.16666679e-2f);
  p = fma(p, r, 1.66666672e-1f);
  p = fma(p, r, 0.5f);
  p = fma(p, r, 1.0f);
  p = fma(p, r, 1.0f);
  // Two factors, so that neither overflows and subnormal results round once.
  int32_t half = n >> 1;
  float result = p * twoTo(half) * twoTo(n - half);
  return vanishes ? 0.0f : result;
}

/// Natural logarithm; -inf for 0, NaN for negative x.
PLIMSOLL_INLINE float log(float x) {
  using namespace detail;
  bool subnormal = x < 1.17549435e-38f;
  float scaled = subnormal ? x * 8388608.0f : x;
  // Mantissa in [sqrt(1/2), sqrt(2)): subtracting moves the exponent's boundary there.
  int32_t bits = static_cast<int32_t>(static_cast<uint32_t>(bitsOf(scaled)) - 0x3f3504f3u);
  int32_t e = (bits >> 23) - (subnormal ? 23 : 0);
  float f = floatOf((bits & 0x007fffff) + 0x3f3504f3) - 1.0f;
  float exponent = static_cast<float>(e);
  float z = f * f;
  float p = 7.0376836292e-2f;
  p = fma(p, f, -1.1514610310e-1f);
  p = fma(p, f, 1.1676998740e-1f);
  p = fma(p, f, -1.2420140846e-1f);
  p = fma(p, f, 1.4249322787e-1f);
  p = fma(p, f, -1.6668057665e-1f);
  p = fma(p, f, 2.0000714765e-1f);
  p = fma(p, f, -2.4999993993e-1f);
  p = fma(p, f, 3.3333331174e-1f);
  p = p * f * z;
  p = fma(exponent, -2.12194440e-4f, p);
  p = fma(-0.5f, z, p);
  float result = fma(exponent, 0.693359375f, f + p);
  result = x == kInfinity ? x : result;
  result = x == 0.0f ? -kInfinity : result;
  result = x < 0.0f ? kNaN : result;
  return x != x ? x : result;
}

PLIMSOLL_INLINE float tanh(float x) {
  using namespace detail;
  float t = __builtin_fabsf(x);
  float z = x * x;
  float p = -5.70498872745e-3f;
  p = fma(p, z, 2.06390887954e-2f);
  p = fma(p, z, -5.37397155531e-2f);
  p = fma(p, z, 1.33314422036e-1f);
  p = fma(p, z, -3.33332819422e-1f);
  float near = __builtin_copysignf(fma(p * z, t, t), x);
  float far = __builtin_copysignf(1.0f - 2.0f / (plimsoll::exp(2.0f * t) + 1.0f), x);
  return t < 0.625f ? near : (x != x ? x : far);
}

/// Error function.
PLIMSOLL_INLINE float erf(float x) {
  using namespace detail;
  float t = __builtin_fabsf(x);
  t = t > 4.0f ? 4.0f : t;
  float s = t * t;
  float r = fma(-1.72853470e-5f, t, 3.83197126e-4f);
  float u = fma(-3.88396438e-3f, t, 2.42546219e-2f);
  r = fma(r, s, u);
  r = fma(r, t, -1.06777877e-1f);
  r = fma(r, t, -6.34846687e-1f);
  r = fma(r, t, -1.28717512e-1f);
  r = fma(r, t, -t);
  float far = __builtin_copysignf(1.0f - plimsoll::exp(r), x);
  float q = -5.96761703e-4f;
  q = fma(q, s, 4.99119423e-3f);
  q = fma(q, s, -2.67681349e-2f);
  q = fma(q, s, 1.12819925e-1f);
  q = fma(q, s, -3.76125336e-1f);
  q = fma(q, s, 1.28379166e-1f);
  float near = fma(q, x, x);
  return t > 0.927734375f ? far : near;
}

/// 1 / (1 + e^-x).
PLIMSOLL_INLINE float sigmoid(float x) {
  return 1.0f / (1.0f + plimsoll::exp(-x));
}

PLIMSOLL_INLINE float sqrt(float x) {
  return __builtin_sqrtf(x);
}
PLIMSOLL_INLINE float rsqrt(float x) {
  return 1.0f / __builtin_sqrtf(x);
}

namespace detail {
/// log2(x) of a positive finite f32, to about 1e-11: the series of atanh at (m-1)/(m+1), where m is
/// the mantissa in [sqrt(1/2), sqrt(2)).
PLIMSOLL_INLINE double preciseLog2(float x) {
  bool subnormal = x < 1.17549435e-38f;
  float scaled = subnormal ? x * 8388608.0f : x;
  int32_t bits = static_cast<int32_t>(static_cast<uint32_t>(bitsOf(scaled)) - 0x3f3504f3u);
  int32_t e = (bits >> 23) - (subnormal ? 23 : 0);
  double m = static_cast<double>(floatOf((bits & 0x007fffff) + 0x3f3504f3));
  double s = (m - 1.0) / (m + 1.0), z = s * s;
  double p = 1.0 / 13.0;
  p = fma(p, z, 1.0 / 11.0);
  p = fma(p, z, 1.0 / 9.0);
  p = fma(p, z, 1.0 / 7.0);
  p = fma(p, z, 1.0 / 5.0);
  p = fma(p, z, 1.0 / 3.0);
  p = fma(p, z, 1.0);
  return fma(2.88539008177792681, s * p, static_cast<double>(e));
}

/// 2^t rounded to f32, for |t| <= 200.
PLIMSOLL_INLINE float preciseExp2(double t) {
  double shifted = t + 6755399441055744.0; // 1.5 * 2^52
  int32_t n = static_cast<int32_t>(__builtin_bit_cast(int64_t, shifted));
  double r = (t - (shifted - 6755399441055744.0)) * 0.693147180559945309;
  double p = 1.0 / 40320.0;
  p = fma(p, r, 1.0 / 5040.0);
  p = fma(p, r, 1.0 / 720.0);
  p = fma(p, r, 1.0 / 120.0);
  p = fma(p, r, 1.0 / 24.0);
  p = fma(p, r, 1.0 / 6.0);
  p = fma(p, r, 0.5);
  p = fma(p, r, 1.0);
  p = fma(p, r, 1.0);
  return static_cast<float>(
      p * __builtin_bit_cast(double, static_cast<uint64_t>(static_cast<int64_t>(n) + 1023) << 52));
}
} // namespace detail

/// x^y with C's special cases.
PLIMSOLL_INLINE float pow(float x, float y) {
  using namespace detail;
  float a = __builtin_fabsf(x);
  double t = static_cast<double>(y) * preciseLog2(a);
  t = t < -200.0 ? -200.0 : t;
  t = t > 200.0 ? 200.0 : t;
  float result = preciseExp2(t);
  // Bases 0 and infinity, which preciseLog2 does not take; 1 to any power is exactly 1.
  bool positive = y > 0.0f;
  result = a == 0.0f ? (positive ? 0.0f : kInfinity) : result;
  result = a == kInfinity ? (positive ? kInfinity : 0.0f) : result;
  result = a == 1.0f ? 1.0f : result;
  // A negative base: the sign is that of an odd whole exponent, NaN for a fraction.
  float size = __builtin_fabsf(y);
  float whole = size < 8388608.0f ? (size + 8388608.0f) - 8388608.0f : size;
  bool integral = whole == size;
  float half = 0.5f * size;
  float halfWhole = half < 8388608.0f ? (half + 8388608.0f) - 8388608.0f : half;
  bool odd = integral & (halfWhole != half);
  bool negative = bitsOf(x) < 0;
  result = (negative & odd) ? -result : result;
  result = (negative & !integral & (a != 0.0f) & (a != kInfinity)) ? kNaN : result;
  result = (x != x) | (y != y) ? kNaN : result;
  return (x == 1.0f) | (y == 0.0f) ? 1.0f : result;
}

inline float sin(float x) {
  return std::sin(x);
}
inline float cos(float x) {
  return std::cos(x);
}

PLIMSOLL_INLINE double exp(double x) {
  return std::exp(x);
}
PLIMSOLL_INLINE double log(double x) {
  return std::log(x);
}
PLIMSOLL_INLINE double tanh(double x) {
  return std::tanh(x);
}
PLIMSOLL_INLINE double erf(double x) {
  return std::erf(x);
}
PLIMSOLL_INLINE double sigmoid(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}
PLIMSOLL_INLINE double sqrt(double x) {
  return __builtin_sqrt(x);
}
PLIMSOLL_INLINE double rsqrt(double x) {
  return 1.0 / __builtin_sqrt(x);
}
PLIMSOLL_INLINE double pow(double x, double y) {
  return std::pow(x, y);
}
PLIMSOLL_INLINE double sin(double x) {
  return std::sin(x);
}
PLIMSOLL_INLINE double cos(double x) {
  return std::cos(x);
}

} // namespace plimsoll

#endif // PLIMSOLL_MATH_H
