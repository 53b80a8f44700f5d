//===- Draws.h - random words of a launch, and numbers from them ------------===//
//
// The same on every device: see Random.cpp.
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

/// In [0, 1): 24 bits of one word, 53 of two.
PLIMSOLL_INLINE float unit(uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1p-24f;
}
PLIMSOLL_INLINE double unit(uint32_t low, uint32_t high) {
  return static_cast<double>((uint64_t(high) << 32 | low) >> 11) * 0x1p-53;
}

/// Element `i` from the words of its piece.
template <typename T> PLIMSOLL_INLINE T uniform(const uint32_t *words, int64_t i) {
  if constexpr (std::is_same_v<T, double>)
    return unit(words[2 * i], words[2 * i + 1]);
  else
    return unit(words[i]);
}

/// The same, normal: elements 2 i and 2 i + 1 come from the uniform numbers of both.
template <typename T> PLIMSOLL_INLINE T normal(const uint32_t *words, int64_t i) {
  constexpr double twoPi = 6.283185307179586;
  int64_t even = i / 2 * 2;
  double u = double(uniform<T>(words, even)), v = double(uniform<T>(words, even + 1));
  double radius = plimsoll::sqrt(-2.0 * plimsoll::log(1.0 - u));
  return static_cast<T>(radius * (i == even ? plimsoll::cos(twoPi * v) : plimsoll::sin(twoPi * v)));
}

} // namespace plimsoll

#endif // PLIMSOLL_RULES_DRAWS_H
