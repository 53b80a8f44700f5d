//===- MutateText.h - damaged text of the compiler's stages ---------*- C++ -*-===//
#ifndef PLIMSOLL_TEST_FUZZ_TEXT_MUTATETEXT_H
#define PLIMSOLL_TEST_FUZZ_TEXT_MUTATETEXT_H

#include "test/fuzz/Random.h"
#include <string>

/// Returns a damaged copy of a stage's text: attributes are missing, misspelt or of another kind;
/// numbers, sizes, types, operands and symbols are changed; ops are missing, doubled or moved.
/// Types and sizes change in one place or everywhere, so that some cases are valid.
std::string mutateText(const std::string &text, Random &random);

#endif // PLIMSOLL_TEST_FUZZ_TEXT_MUTATETEXT_H
