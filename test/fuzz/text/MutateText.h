//===- MutateText.h - damaged text of the compiler's stages ---------*- C++ -*-===//
#ifndef PLIMSOLL_TEST_FUZZ_TEXT_MUTATETEXT_H
#define PLIMSOLL_TEST_FUZZ_TEXT_MUTATETEXT_H

#include "test/fuzz/Random.h"
#include <string>

/// A damaged copy of a stage's text: attributes that are gone, misspelt or of another kind, other
/// numbers, sizes, types, operands and symbols, ops that are gone, twice there or elsewhere. Types
/// and sizes change in one place or wherever they stand, so that some cases are valid.
std::string mutateText(const std::string &text, Random &random);

#endif // PLIMSOLL_TEST_FUZZ_TEXT_MUTATETEXT_H
