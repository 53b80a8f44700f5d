//===- Draws.h - random words of a launch, and numbers from them ------------===//
//
// Shared by every device, so that all draw the same numbers; see Random.cpp.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_RULES_DRAWS_H
#define PLIMSOLL_RULES_DRAWS_H

#include "plimsoll/Math.h"
#include "plimsoll/Program.h"
#include "plimsoll/Random.h"

#include <type_traits>

namespace plimsoll {

/// The stream of one op in one step: blocks of four words.
struct Draws {
  uint32_t number, step;
  uint64_t seed;

  PLIMSOLL_INLINE Draws(const float *hyper, int64_t number)
      : number(static_cast<uint32_t>(number)),
        step(__builtin_bit_cast(uint32_t, hyper[kRandomStep])),
        seed(uint64_t(__builtin_bit_cast(uint32_t, hyper[kSeedHigh])) << 32 |
             __builtin_bit_cast(uint32_t, hyper[kSeedLow])) {}

  PLIMSOLL_INLINE std::array<uint32_t, 4> block(uint64_t at) const {
    return philox({static_cast<uint32_t>(at), static_cast<uint32_t>(at >> 32), number, step}, seed);
  }
};

/// Return a number in [0, 1) from 24 bits of one word or 53 bits of two.
PLIMSOLL_INLINE float unit(uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1p-24f;
}
PLIMSOLL_INLINE double unit(uint32_t low, uint32_t high) {
  return static_cast<double>((uint64_t(high) << 32 | low) >> 11) * 0x1p-53;
}

/// Returns element `i` of a piece, uniform in [0, 1), from the piece's words.
template <typename T> PLIMSOLL_INLINE T uniform(const uint32_t *words, int64_t i) {
  if constexpr (std::is_same_v<T, double>)
    return unit(words[2 * i], words[2 * i + 1]);
  else
    return unit(words[i]);
}

/// Returns element `i` of a piece, normally distributed: elements 2 j and 2 j + 1 are both computed
/// from the uniform numbers 2 j and 2 j + 1.
template <typename T> PLIMSOLL_INLINE T normal(const uint32_t *words, int64_t i) {
  constexpr double twoPi = 6.283185307179586;
  int64_t even = i / 2 * 2;
  double u = double(uniform<T>(words, even)), v = double(uniform<T>(words, even + 1));
  double radius = plimsoll::sqrt(-2.0 * plimsoll::log(1.0 - u));
  return static_cast<T>(radius * (i == even ? plimsoll::cos(twoPi * v) : plimsoll::sin(twoPi * v)));
}

} // namespace plimsoll

#endif // PLIMSOLL_RULES_DRAWS_H
