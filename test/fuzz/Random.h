//===- Random.h - random numbers that are the same everywhere -------*- C++ -*-===//
#ifndef PLIMSOLL_TEST_FUZZ_RANDOM_H
#define PLIMSOLL_TEST_FUZZ_RANDOM_H

#include <cstdint>
#include <random>

/// A generator whose engine and distributions are fixed, so that a case is the same everywhere.
class Random {
public:
  explicit Random(uint64_t seed) : engine(seed) {}
  /// Returns a number below `limit`, which must not be 0.
  uint64_t below(uint64_t limit) { return engine() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }
  /// Returns one of `choices`, which must not be empty.
  template <typename Range> const auto &of(const Range &choices) {
    return choices[below(std::size(choices))];
  }

private:
  std::mt19937_64 engine;
};

#endif // PLIMSOLL_TEST_FUZZ_RANDOM_H
