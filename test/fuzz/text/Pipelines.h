//===- Pipelines.h - the passes that a case runs --------------------*- C++ -*-===//
#ifndef PLIMSOLL_TEST_FUZZ_TEXT_PIPELINES_H
#define PLIMSOLL_TEST_FUZZ_TEXT_PIPELINES_H

#include "test/fuzz/Random.h"
#include <string>

/// The text of a model at a stage of the compiler.
struct Stage {
  std::string name; ///< the stage's name for --emit
  std::string text;
};

/// Returns a pipeline for damaged text of `stage`: the passes that remain up to a verified program
/// or, in one of three cases, any single pass.
std::string choosePipeline(const std::string &stage, Random &random);

#endif // PLIMSOLL_TEST_FUZZ_TEXT_PIPELINES_H
