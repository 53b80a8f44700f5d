//===- Mutate.h - damaged ONNX files --------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_TEST_FUZZ_IMPORT_MUTATE_H
#define PLIMSOLL_TEST_FUZZ_IMPORT_MUTATE_H

#include <random>
#include <string>

/// Engine and use of it are fixed, so that a case is the same everywhere.
class Random {
public:
  explicit Random(uint64_t seed) : engine(seed) {}
  /// Below `limit`, which must not be 0.
  uint64_t below(uint64_t limit) { return engine() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }

private:
  std::mt19937_64 engine;
};

/// A damaged copy of the ONNX file `model`: bytes flipped, cut or doubled, or messages
/// changed so that the file still parses.
std::string mutate(const std::string &model, Random &random);

#endif // PLIMSOLL_TEST_FUZZ_IMPORT_MUTATE_H
