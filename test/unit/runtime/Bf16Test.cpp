// Rounding to bf16, and back.
#include "plimsoll/Bf16.h"

#include <cmath>
#include <gtest/gtest.h>

namespace {

using plimsoll::Bf16;

float upperHalf(uint32_t bits) {
  return __builtin_bit_cast(float, bits << 16);
}

TEST(Bf16, EveryNumberOfItsOwnStays) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const float number = upperHalf(bits);
    if (!std::isnan(number)) {
      EXPECT_EQ(Bf16(number).bits, bits);
    }
  }
}

/// A number halfway between two neighbours is rounded to the one whose last bit is zero.
TEST(Bf16, RoundsToTheNearestTiesToEven) {
  for (uint32_t bits = 0; bits < 0x7f7f; ++bits) {
    const float low = upperHalf(bits), high = upperHalf(bits + 1);
    const auto middle = __builtin_bit_cast(float, bits << 16 | 0x8000u);
    const uint32_t even = bits % 2 ? bits + 1 : bits;
    EXPECT_EQ(Bf16(middle).bits, even);
    EXPECT_EQ(Bf16(-middle).bits, even | 0x8000u);
    EXPECT_EQ(Bf16(std::nextafter(middle, low)).bits, bits);
    EXPECT_EQ(Bf16(std::nextafter(middle, high)).bits, bits + 1);
  }
}

TEST(Bf16, WhatIsTooLargeIsInfinityAndNanStays) {
  EXPECT_EQ(float(Bf16(3.4e38f)), INFINITY);
  EXPECT_EQ(float(Bf16(-INFINITY)), -INFINITY);
  EXPECT_TRUE(std::isnan(float(Bf16(NAN))));
  EXPECT_TRUE(std::isnan(float(Bf16(__builtin_bit_cast(float, 0x7f800001u)))));
}

} // namespace
