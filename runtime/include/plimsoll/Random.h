//===- Random.h - numbers and permutations from a counter -------------------===//
//
// Nothing here has a state: a number depends on the seed and on the place that it is drawn
// for (step, element), so that a resumed run draws what an uninterrupted one would have drawn.
// Source: Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3 (2011), Philox 4x32-10.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_RANDOM_H
#define PLIMSOLL_RANDOM_H

#include "plimsoll/Inline.h"

#include <array>
#include <cstdint>

namespace plimsoll {

/// Philox 4x32-10: 128 random bits for `counter` under the key `seed`.
PLIMSOLL_INLINE std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, uint64_t seed) {
  uint32_t key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    uint64_t a = uint64_t(0xd2511f53) * counter[0], b = uint64_t(0xcd9e8d57) * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key0, static_cast<uint32_t>(b),
               static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key1, static_cast<uint32_t>(a)};
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
  }
  return counter;
}

/// Returns 64 random bits for element `element` of stream (`a`, `b`).
inline uint64_t randomBits(uint64_t seed, uint32_t a, uint32_t b, uint64_t element) {
  auto words =
      philox({static_cast<uint32_t>(element), static_cast<uint32_t>(element >> 32), a, b}, seed);
  return words[0] | uint64_t(words[1]) << 32;
}

/// Returns the record that is `index`-th in the order of `epoch`: for each epoch a permutation of
/// [0, count). It is a Feistel network over an even number of bits that holds `count`, applied
/// until the result is below `count`.
inline int64_t shuffled(int64_t index, int64_t count, uint64_t seed, uint32_t epoch) {
  int half = 1;
  while ((int64_t(1) << (2 * half)) < count)
    ++half;
  uint64_t mask = (uint64_t(1) << half) - 1, value = static_cast<uint64_t>(index);
  do {
    uint64_t left = value >> half, right = value & mask;
    for (uint32_t round = 0; round < 6; ++round) {
      uint64_t mixed = left ^ (randomBits(seed, 0x73687566 + round, epoch, right) & mask);
      left = right;
      right = mixed;
    }
    value = left << half | right;
  } while (value >= static_cast<uint64_t>(count));
  return static_cast<int64_t>(value);
}

} // namespace plimsoll

#endif // PLIMSOLL_RANDOM_H
