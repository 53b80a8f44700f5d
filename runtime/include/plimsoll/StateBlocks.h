//===- StateBlocks.h - blocks of optimizer state in codes, on a CPU ---------===//
#ifndef PLIMSOLL_STATEBLOCKS_H
#define PLIMSOLL_STATEBLOCKS_H

#include "StateCodes.h"

namespace plimsoll {

/// Codes with a table that finds the code of a number without a search: shares whose sign, exponent
/// and first 7 bits of the mantissa are the same have one of at most two neighbouring codes.
struct StateBlockCodes : StateCodes {
  static constexpr uint32_t kShift = 16;        ///< bits of a float that do not tell the bucket
  static constexpr uint32_t kLeast = 104u << 7; ///< of 2^-23, below which there is no middle
  static constexpr uint32_t kBuckets = (23 << 7) + 1; ///< up to 1
  uint8_t first[2][kBuckets];                         ///< by sign: the lesser of the bucket's codes

  /// Returns the share of least or largest magnitude in a bucket; all below 2^-23 are in the first.
  static constexpr float edge(uint32_t bucket, bool isLargest) {
    const uint32_t bits = isLargest ? ((kLeast + bucket + 1) << kShift) - 1
                          : bucket  ? (kLeast + bucket) << kShift
                                    : 0;
    return __builtin_bit_cast(float, bits);
  }

  /// Returns the code of a share in [-1, 1].
  PLIMSOLL_INLINE uint8_t find(float share) const {
    const auto bits = __builtin_bit_cast(uint32_t, share);
    const uint32_t top = (bits & 0x7fffffffu) >> kShift;
    const uint32_t bucket = top > kLeast ? top - kLeast : 0;
    const uint32_t code = first[bits >> 31][bucket];
    return static_cast<uint8_t>(code + (code < kCount - 1 && middles[code] < share));
  }
};

constexpr StateBlockCodes stateBlockCodes(bool isSigned) {
  StateBlockCodes codes = {stateCodes(isSigned), {}};
  for (uint32_t bucket = 0; bucket < StateBlockCodes::kBuckets; ++bucket) {
    const float least = codes.edge(bucket, false), largest = codes.edge(bucket, true);
    codes.first[0][bucket] = static_cast<uint8_t>(codeOfShare(least, codes.middles));
    codes.first[1][bucket] = static_cast<uint8_t>(codeOfShare(-largest, codes.middles));
  }
  return codes;
}

/// The codes of states that have a sign, and of those that are never negative.
inline constexpr StateBlockCodes kSignedCodes = stateBlockCodes(true),
                                 kUnsignedCodes = stateBlockCodes(false);

/// Reads `count` numbers of a block.
PLIMSOLL_INLINE void decodeBlock(const StateCodes &codes, const uint8_t *__restrict from,
                                 float scale, int64_t count, float *__restrict numbers) {
  for (int64_t i = 0; i < count; ++i)
    numbers[i] = codes.values[from[i]] * scale;
}

/// Writes the codes of a block of `count` numbers, and returns its scale.
PLIMSOLL_INLINE float encodeBlock(const StateBlockCodes &codes, const float *__restrict numbers,
                                  int64_t count, uint8_t *__restrict to) {
  uint32_t largest = 0;
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t bits = magnitudeBits(numbers[i]);
    largest = bits > largest ? bits : largest;
  }
  const float scale = scaleOf(largest);
  float shares[kStateBlock];
  for (int64_t i = 0; i < count; ++i)
    shares[i] = shareOf(numbers[i], scale);
  for (int64_t i = 0; i < count; ++i)
    to[i] = codes.find(shares[i]);
  return scale;
}

} // namespace plimsoll

#endif // PLIMSOLL_STATEBLOCKS_H
