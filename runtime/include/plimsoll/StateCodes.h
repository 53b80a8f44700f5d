//===- StateCodes.h - numbers of optimizer state as codes of 8 bits ---------===//
//
// A state in 8 bits has a code for each number, and an f32 scale for each block of 256 numbers that
// lie side by side in the arena: the largest magnitude of the block. A number is its code's value
// times its block's scale. The values are the "dynamic tree" of the paper: 7 decades, of which the
// largest has the most values, each in the middle of an equal part of its decade; zero; and one.
// Tensors of few numbers, such as norms and biases, stay in f32.
//
// A number becomes the code whose value times the scale is nearest. Of two that are equally near it
// becomes the lesser one; the middle between two values is rounded to f32. A block with a number
// that is NaN or infinite has that as its scale.
// Source: Dettmers et al. (2022), "8-bit Optimizers via Block-wise Quantization"; the values are
// those of create_dynamic_map in bitsandbytes, each rounded once.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_STATECODES_H
#define PLIMSOLL_STATECODES_H

#include "Inline.h"

#include <cstdint>

namespace plimsoll {

/// Numbers that share a scale.
inline constexpr int64_t kStateBlock = 256;
/// A tensor with fewer numbers has its states in f32.
inline constexpr int64_t kLeastCoded = 4096;

/// Returns the blocks of a tensor of `count` numbers; the last one may be smaller.
constexpr int64_t stateBlocks(int64_t count) {
  return (count + kStateBlock - 1) / kStateBlock;
}

/// The values of all codes, in ascending order, and the middles between them.
struct StateCodes {
  static constexpr int kCount = 256;
  float values[kCount];
  float middles[kCount - 1];
};

/// Returns the values from -1 to 1, or, for states that are never negative, twice as many from 0
/// to 1.
constexpr StateCodes stateCodes(bool isSigned) {
  constexpr int decades = 7;
  constexpr double tenths[decades] = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1};
  StateCodes codes = {};
  const int zero = isSigned ? StateCodes::kCount / 2 - 1 : 0;
  int next = zero + 1;
  for (int decade = 0; decade < decades; ++decade) {
    const int parts = (isSigned ? 1 : 2) << decade;
    for (int part = 0; part < parts; ++part, ++next) {
      codes.values[next] =
          static_cast<float>(tenths[decade] * (0.1 + 0.9 * (2 * part + 1) / (2 * parts)));
      if (isSigned)
        codes.values[2 * zero - next] = -codes.values[next];
    }
  }
  codes.values[next] = 1;
  for (int code = 0; code + 1 < StateCodes::kCount; ++code)
    codes.middles[code] = (codes.values[code] + codes.values[code + 1]) * 0.5f;
  return codes;
}

/// Returns a number's magnitude as bits whose order is that of the magnitudes; that of a NaN is
/// larger than all others.
PLIMSOLL_INLINE uint32_t magnitudeBits(float x) {
  return __builtin_bit_cast(uint32_t, x) & 0x7fffffffu;
}

/// Returns the scale of a block whose largest magnitude has these bits.
PLIMSOLL_INLINE float scaleOf(uint32_t largest) {
  return __builtin_bit_cast(float, largest > 0x7f800000u ? 0x7fc00000u : largest);
}

/// Returns how many of the middles are below `share`: the code of it.
constexpr uint32_t codeOfShare(float share, const float *middles) {
  uint32_t code = 0;
  for (int bit = 7; bit >= 0; --bit)
    code += middles[code + (1u << bit) - 1] < share ? 1u << bit : 0;
  return code;
}

/// Returns `x` as a share of its block's scale; 0 if that is 0 or not finite.
PLIMSOLL_INLINE float shareOf(float x, float scale) {
  const bool isFinite = magnitudeBits(scale) < 0x7f800000u;
  return scale > 0.0f && isFinite ? x / scale : 0.0f;
}

/// Returns the code of `x` in a block of this scale. `middles`: those of StateCodes.
PLIMSOLL_INLINE uint8_t codeOf(float x, float scale, const float *middles) {
  return static_cast<uint8_t>(codeOfShare(shareOf(x, scale), middles));
}

} // namespace plimsoll

#endif // PLIMSOLL_STATECODES_H
