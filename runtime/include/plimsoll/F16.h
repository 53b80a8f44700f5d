//===- F16.h - IEEE's float of two bytes -------------------------------------===//
#ifndef PLIMSOLL_F16_H
#define PLIMSOLL_F16_H

#include "plimsoll/Inline.h"

#include <cstdint>

namespace plimsoll {

/// Five bits of exponent, ten of fraction. Made from a float by rounding to the nearest, ties to
/// even; every NaN becomes the same one.
struct F16 {
  uint16_t bits;

  F16() = default;
  PLIMSOLL_INLINE explicit F16(float x) : bits(rounded(x)) {}
  PLIMSOLL_INLINE operator float() const {
    const uint32_t sign = uint32_t(bits & 0x8000u) << 16, exponent = bits >> 10 & 31u;
    const uint32_t fraction = bits & 0x3ffu;
    if (exponent == 0) // subnormal
      return (sign ? -0x1p-24f : 0x1p-24f) * static_cast<float>(fraction);
    const uint32_t wide = exponent == 31 ? 0xffu : exponent + kRebias;
    return __builtin_bit_cast(float, sign | wide << 23 | fraction << 13);
  }

private:
  static constexpr uint32_t kRebias = 127 - 15;

  static PLIMSOLL_INLINE uint16_t rounded(float x) {
    const auto word = __builtin_bit_cast(uint32_t, x);
    const uint32_t sign = word >> 16 & 0x8000u, size = word & 0x7fffffffu;
    if (x != x)
      return 0x7fffu;
    if (size >= 0x47800000u) // 2^16 and more
      return static_cast<uint16_t>(sign | 0x7c00u);
    if (size < 0x38800000u) { // below 2^-14: a sum with 2^23 has no room for a fraction
      const float whole = __builtin_bit_cast(float, size) * 0x1p24f + 0x1p23f;
      return static_cast<uint16_t>(sign | (__builtin_bit_cast(uint32_t, whole) & 0x7ffu));
    }
    const uint32_t half = size - (kRebias << 23) + 0xfffu + (size >> 13 & 1u);
    return static_cast<uint16_t>(sign | half >> 13);
  }
};

} // namespace plimsoll

#endif // PLIMSOLL_F16_H
