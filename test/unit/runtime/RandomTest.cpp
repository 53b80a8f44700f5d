//===- RandomTest.cpp - dropout and random tensors ----------------------------===//
#include "KernelHarness.h"

#include "plimsoll/Program.h"
#include "plimsoll/Random.h"

namespace {

class Random : public KernelTest {
protected:
  /// The step's scalars with a seed and a step.
  static Floats hyper(uint64_t seed, uint32_t step) {
    Floats values(plimsoll::kHyperCount);
    auto low = static_cast<uint32_t>(seed), high = static_cast<uint32_t>(seed >> 32);
    std::memcpy(&values[plimsoll::kSeedLow], &low, 4);
    std::memcpy(&values[plimsoll::kSeedHigh], &high, 4);
    std::memcpy(&values[plimsoll::kRandomStep], &step, 4);
    return values;
  }

  static uint32_t word(uint64_t seed, uint32_t step, uint32_t stream, int64_t i) {
    auto block = static_cast<uint64_t>(i) / 4;
    return plimsoll::philox(
        {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), stream, step},
        seed)[static_cast<size_t>(i % 4)];
  }

  Floats mask(int64_t count, uint64_t seed, uint32_t step, int64_t stream, double p) {
    Floats ones(count, 1.0f), y = nans(count), scalars = hyper(seed, step);
    run("dropout", {ones.data(), scalars.data(), y.data()}, {count, stream}, {p});
    return y;
  }
};
INSTANTIATE_TEST_SUITE_P(Isa, Random, testing::ValuesIn(libraries()), libraryName);

// Counts that are a multiple of the pieces of a launch, and counts that are not.
TEST_P(Random, DropoutIsThatOfTheCounter) {
  const uint64_t seed = 0x123456789abcdef0;
  for (int64_t count : {1, 255, 256, 100'003}) {
    Floats x = random(count), scalars = hyper(seed, 17), y = nans(count);
    run("dropout", {x.data(), scalars.data(), y.data()}, {count, 5}, {0.25});
    for (int64_t i = 0; i < count; ++i) {
      bool kept = float(word(seed, 17, 5, i) >> 8) * 0x1p-24f >= 0.25f;
      ASSERT_EQ(y[i], kept ? x[i] * (1.0f / 0.75f) : 0.0f) << i;
    }
  }
}

TEST_P(Random, DropoutIsTheSameAgainInPlaceAndOnAnyThreads) {
  const int64_t count = 50'000;
  Floats x = random(count), scalars = hyper(3, 4), first = nans(count);
  run("dropout", {x.data(), scalars.data(), first.data()}, {count, 0}, {0.5}, 1);
  for (int threads : {1, 2, 5}) {
    Floats y = x;
    run("dropout", {y.data(), scalars.data(), y.data()}, {count, 0}, {0.5}, threads);
    EXPECT_TRUE(sameBits(y, first)) << threads;
  }
}

TEST_P(Random, DropoutInF64HasTheSameMask) {
  const int64_t count = 1000;
  std::vector<double> x(count, 3.0), y(count, NAN);
  Floats scalars = hyper(9, 1), single = mask(count, 9, 1, 2, 0.1);
  runInF64("dropout", {x.data(), scalars.data(), y.data()}, {count, 2}, {0.1});
  for (int64_t i = 0; i < count; ++i)
    EXPECT_EQ(y[i], single[i] != 0 ? 3.0 * (1.0 / 0.9) : 0.0);
}

// The share of kept elements is right within five standard deviations, and masks of another step,
// another stream and another seed agree as often as independent ones do.
TEST_P(Random, MasksHaveTheirShareAndAreIndependent) {
  const int64_t count = 400'000;
  const double p = 0.1, q = 1 - p;
  Floats first = mask(count, 1, 1, 0, p);
  const Floats others[] = {first, mask(count, 1, 2, 0, p), mask(count, 1, 1, 1, p),
                           mask(count, 2, 1, 0, p), mask(count, uint64_t(1) << 32 | 1, 1, 0, p)};
  for (const Floats &other : others) {
    double kept = 0, both = 0;
    for (int64_t i = 0; i < count; ++i) {
      kept += other[i] != 0;
      both += other[i] != 0 && first[i] != 0;
    }
    EXPECT_LT(std::abs(kept / count - q), 5 * std::sqrt(p * q / count));
    double expected = &other == others ? q : q * q;
    EXPECT_LT(std::abs(both / count - expected), 5 * std::sqrt(expected * (1 - expected) / count));
  }
}

TEST_P(Random, NumbersHaveTheirMoments) {
  const int64_t count = 200'000;
  for (int64_t distribution : {0, 1}) {
    Floats scalars = hyper(7, 1), y = nans(count);
    std::vector<double> wide(count, NAN);
    run("random_numbers", {scalars.data(), y.data()}, {count, 3, distribution, 0});
    runInF64("random_numbers", {scalars.data(), wide.data()}, {count, 3, distribution});
    for (const std::vector<double> &values : {std::vector<double>(y.begin(), y.end()), wide}) {
      double mean = 0, square = 0, neighbours = 0;
      for (int64_t i = 0; i < count; ++i) {
        mean += values[i] / count;
        square += values[i] * values[i] / count;
        neighbours += values[i] * values[(i + 1) % count] / count;
        ASSERT_TRUE(distribution == 1 || (values[i] >= 0 && values[i] < 1));
      }
      double variance = square - mean * mean, error = 5 / std::sqrt(double(count));
      EXPECT_LT(std::abs(mean - (distribution ? 0 : 0.5)), error);
      EXPECT_LT(std::abs(variance - (distribution ? 1 : 1.0 / 12)), 2 * error);
      EXPECT_LT(std::abs(neighbours - mean * mean), error);
    }
    Floats again = nans(count);
    run("random_numbers", {scalars.data(), again.data()}, {count, 3, distribution, 0}, {}, 1);
    EXPECT_TRUE(sameBits(y, again));
  }
}

} // namespace
