//===- TinyProgram.h - a hand-written program, as the compiler would emit it ===//
//
// A linear classifier: logits = x W' + b, cross entropy, AdamW. The weight lies
// transposed in the arena and has an alias. `kRows` x `kFeatures` -> `kClasses`.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_TEST_TINYPROGRAM_H
#define PLIMSOLL_TEST_TINYPROGRAM_H

#include "plimsoll/Program.h"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace tiny {

/// The timelines: train and evaluate with kRows, and train_few, a second one that trains.
constexpr int64_t kRows = 8, kFewRows = 3, kFeatures = 20, kClasses = 5;

/// Called at the start of each training step, after its inputs were fed. Reset by the test.
extern std::function<void(const std::byte *arena)> onStep;

/// Writes a safetensors file of f32 / i64 tensors.
struct Tensor {
  std::string name, type;
  std::vector<int64_t> shape;
  std::vector<double> values;
};
void writeFile(const std::string &path, const std::vector<Tensor> &tensors);

/// Initial weights, and data with `rows` rows that a linear classifier can learn.
std::vector<Tensor> weights();
std::vector<Tensor> data(int64_t rows);

/// A copy of the program for token sources: i64 input_ids [2, 6] with labels alike.
const plimsoll::Program &tokenProgram();

} // namespace tiny

#endif // PLIMSOLL_TEST_TINYPROGRAM_H
