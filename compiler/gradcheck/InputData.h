//===- InputData.h - the inputs of a checked model -------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_GRADCHECK_INPUTDATA_H
#define PLIMSOLL_COMPILER_GRADCHECK_INPUTDATA_H

#include "compiler/executor/Timeline.h"
#include <random>

namespace plimsoll::gradcheck {

/// The bytes of an input, and one line that describes them.
struct InputData {
  std::vector<std::byte> bytes;
  std::string text;
};

/// Draws an input: integers below its limit, or ones if it has none (a mask that hides nothing),
/// normally distributed numbers, or, for labels that are numbers, a distribution over their last
/// dimension.
InputData drawInput(const executor::Input &input, std::mt19937_64 &random);

/// Reads the first rows of the input's column of a safetensors file. Fails if it does not fit.
llvm::Expected<InputData> readInput(const executor::Input &input, const std::string &file);

/// Returns the scalars of a step: seed and step, for dropout and other random ops.
InputData stepScalars(const executor::Input &input, uint64_t seed);

} // namespace plimsoll::gradcheck

#endif // PLIMSOLL_COMPILER_GRADCHECK_INPUTDATA_H
