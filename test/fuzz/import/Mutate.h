//===- Mutate.h - damaged ONNX files --------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_TEST_FUZZ_IMPORT_MUTATE_H
#define PLIMSOLL_TEST_FUZZ_IMPORT_MUTATE_H

#include "test/fuzz/Random.h"
#include <string>

/// Returns a damaged copy of the ONNX file `model`: bytes are flipped, cut or doubled, or messages
/// are changed so that the file still parses.
std::string mutate(const std::string &model, Random &random);

#endif // PLIMSOLL_TEST_FUZZ_IMPORT_MUTATE_H
