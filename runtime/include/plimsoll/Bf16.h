//===- Bf16.h - the upper half of a float, as a number of its own -------------===//
#ifndef PLIMSOLL_BF16_H
#define PLIMSOLL_BF16_H

#include "plimsoll/Inline.h"

#include <cstdint>

namespace plimsoll {

/// Eight bits of exponent and of precision, as a float has the exponent. Made from a float by
/// rounding to the nearest, ties to even; every NaN becomes the same one.
struct Bf16 {
  uint16_t bits;

  Bf16() = default;
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
