//===- Bf16.h - the bf16 element type: the upper half of a float -------------===//
#ifndef PLIMSOLL_BF16_H
#define PLIMSOLL_BF16_H

#include "plimsoll/Inline.h"

#include <cstdint>

namespace plimsoll {

/// A bf16 number: sign, 8 bits of exponent (a float's) and 7 stored bits of mantissa. A float is
/// rounded to the nearest bf16, ties to even; every NaN becomes 0x7fff.
struct Bf16 {
  uint16_t bits;

  Bf16() = default;
  static PLIMSOLL_INLINE Bf16 ofBits(uint16_t bits) {
    Bf16 number;
    number.bits = bits;
    return number;
  }
  PLIMSOLL_INLINE explicit Bf16(float x) : bits(rounded(x)) {}
  PLIMSOLL_INLINE operator float() const {
    return __builtin_bit_cast(float, static_cast<uint32_t>(bits) << 16);
  }

private:
  static PLIMSOLL_INLINE uint16_t rounded(float x) {
    const auto word = __builtin_bit_cast(uint32_t, x);
    return static_cast<uint16_t>(x != x ? 0x7fffu : (word + 0x7fffu + (word >> 16 & 1u)) >> 16);
  }
};

} // namespace plimsoll

#endif // PLIMSOLL_BF16_H
