//===- InputData.h - what a checked model reads ----------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_GRADCHECK_INPUTDATA_H
#define PLIMSOLL_COMPILER_GRADCHECK_INPUTDATA_H

#include "compiler/executor/Timeline.h"
#include <random>

namespace plimsoll::gradcheck {

/// The bytes of an input, and a line that says what they are.
struct InputData {
  std::vector<std::byte> bytes;
  std::string text;
};

/// Integers below the input's limit (1 where it has none: the whole of a mask), numbers of a
/// normal distribution, labels that are numbers a distribution over their last dimension.
InputData drawInput(const executor::Input &input, std::mt19937_64 &random);

/// The first rows of the column of that name of a safetensors file.
llvm::Expected<InputData> readInput(const executor::Input &input, const std::string &file);

/// The scalars of a step: seed and step, for dropout and other random ops.
InputData stepScalars(const executor::Input &input, uint64_t seed);

} // namespace plimsoll::gradcheck

#endif // PLIMSOLL_COMPILER_GRADCHECK_INPUTDATA_H
