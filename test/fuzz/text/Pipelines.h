//===- Pipelines.h - the passes that a case runs --------------------*- C++ -*-===//
#ifndef PLIMSOLL_TEST_FUZZ_TEXT_PIPELINES_H
#define PLIMSOLL_TEST_FUZZ_TEXT_PIPELINES_H

#include "test/fuzz/Random.h"
#include <string>

/// The text that a model is at a stage of the compiler.
struct Stage {
  std::string name; ///< as --emit takes it
  std::string text;
};

/// Passes for text that was at `stage` before it was damaged: what is left up to a verified
/// program or, in one of three cases, any pass alone.
std::string choosePipeline(const std::string &stage, Random &random);

#endif // PLIMSOLL_TEST_FUZZ_TEXT_PIPELINES_H
