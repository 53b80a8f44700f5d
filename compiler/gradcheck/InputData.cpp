//===- InputData.cpp - the inputs of a checked model -------------------------------===//
#include "compiler/gradcheck/InputData.h"
#include "plimsoll/TensorFile.h"
#include <algorithm>
#include <cstring>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::gradcheck;

template <typename T> static std::vector<std::byte> bytesOf(const std::vector<T> &numbers) {
  std::vector<std::byte> bytes(numbers.size() * sizeof(T));
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

/// Returns `numbers` as bytes of an input's element type.
static std::vector<std::byte> inType(Type element, const std::vector<double> &numbers) {
  if (element.isF64())
    return bytesOf(numbers);
  if (element.isF32())
    return bytesOf(std::vector<float>(numbers.begin(), numbers.end()));
  if (element.isInteger(64))
    return bytesOf(std::vector<int64_t>(numbers.begin(), numbers.end()));
  if (element.isInteger(32))
    return bytesOf(std::vector<int32_t>(numbers.begin(), numbers.end()));
  return bytesOf(std::vector<uint8_t>(numbers.begin(), numbers.end()));
}

/// Scales each row of `width` positive numbers to the sum 1.
static void normaliseRows(std::vector<double> &numbers, int64_t width) {
  for (auto row = numbers.begin(); row != numbers.end(); row += width) {
    double sum = 0;
    for (int64_t i = 0; i < width; ++i)
      sum += row[i];
    for (int64_t i = 0; i < width; ++i)
      row[i] /= sum;
  }
}

InputData plimsoll::gradcheck::drawInput(const executor::Input &input, std::mt19937_64 &random) {
  std::vector<double> numbers(input.count);
  std::string text = "ones";
  if (isa<FloatType>(input.element) && input.role == "labels") {
    std::uniform_real_distribution<double> uniform(0.1, 1);
    std::generate(numbers.begin(), numbers.end(), [&] { return uniform(random); });
    if (!input.shape.empty() && input.count > 0)
      normaliseRows(numbers, input.shape.back());
    text = "distributions over the last dimension";
  } else if (isa<FloatType>(input.element)) {
    std::normal_distribution<double> normal;
    std::generate(numbers.begin(), numbers.end(), [&] { return normal(random); });
    text = "normal numbers";
  } else if (input.limit) {
    std::generate(numbers.begin(), numbers.end(),
                  [&] { return double(random() % uint64_t(*input.limit)); });
    text = "integers below " + std::to_string(*input.limit);
  } else {
    llvm::fill(numbers, 1);
  }
  return {inType(input.element, numbers), input.name + ": " + text};
}

InputData plimsoll::gradcheck::stepScalars(const executor::Input &input, uint64_t seed) {
  InputData data{std::vector<std::byte>(input.bytes), "random ops: --seed"};
  auto write = [&](int index, uint32_t value) {
    std::memcpy(data.bytes.data() + index * sizeof(float), &value, sizeof value);
  };
  write(kSeedLow, uint32_t(seed));
  write(kSeedHigh, uint32_t(seed >> 32));
  write(kRandomStep, 1);
  return data;
}

// Files ---------------------------------------------------------------------

/// Returns the numbers of a tensor of a safetensors type, or nothing if no input has that type.
static std::optional<std::vector<double>> numbersOf(StringRef type,
                                                    const std::vector<std::byte> &bytes) {
  auto as = [&](auto kind) {
    std::vector<decltype(kind)> numbers(bytes.size() / sizeof(kind));
    std::memcpy(numbers.data(), bytes.data(), bytes.size());
    return std::vector<double>(numbers.begin(), numbers.end());
  };
  if (type == "F32")
    return as(float());
  if (type == "F64")
    return as(double());
  if (type == "I64")
    return as(int64_t());
  if (type == "I32")
    return as(int32_t());
  if (type == "U8" || type == "BOOL")
    return as(uint8_t());
  return std::nullopt;
}

static int64_t elementBytes(StringRef type) {
  return type.ends_with("64") ? 8 : type.ends_with("32") ? 4 : 1;
}

static std::string sizesText(ArrayRef<int64_t> shape) {
  std::string text;
  for (int64_t size : shape)
    text += (text.empty() ? "" : "x") + std::to_string(size);
  return text.empty() ? "no dimensions" : text;
}

/// Fails unless a tensor of `shape` in a file has at least the rows that `input` has.
static llvm::Error checkRows(const executor::Input &input, ArrayRef<int64_t> shape,
                             const std::string &file) {
  bool fits = shape.size() == input.shape.size() && !shape.empty() &&
              shape.front() >= input.shape.front() &&
              shape.drop_front() == ArrayRef(input.shape).drop_front();
  if (fits)
    return llvm::Error::success();
  return llvm::createStringError(
      "input '" + input.name + "' needs rows of " + sizesText(input.shape) + ", '" + file +
      "' has " + (shape.empty() ? "none of that name" : sizesText(shape)) +
      "; give another file, other sizes with --shape, or leave --data out");
}

llvm::Expected<InputData> plimsoll::gradcheck::readInput(const executor::Input &input,
                                                         const std::string &file) {
  std::string error;
  std::unique_ptr<TensorFile> tensors = TensorFile::open(file, error);
  if (!tensors)
    return llvm::createStringError(error);
  std::vector<int64_t> shape = tensors->shapeOf(input.name);
  if (llvm::Error wrong = checkRows(input, shape, file))
    return wrong;
  std::string type = tensors->typeOf(input.name);
  std::vector<std::byte> bytes(input.count * elementBytes(type));
  if (!tensors->readFront(input.name, bytes.size(), bytes.data(), error))
    return llvm::createStringError(error);
  std::optional<std::vector<double>> numbers = numbersOf(type, bytes);
  if (!numbers)
    return llvm::createStringError("'" + file + "': '" + input.name + "' is of type " + type +
                                   ", expected F32, F64, I64, I32, U8 or BOOL");
  return InputData{inType(input.element, *numbers),
                   input.name + ": the first rows of '" + file + "'"};
}
