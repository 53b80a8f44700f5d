//===- InputValues.cpp - inputs that are bound at compile time -------------------===//
//
// With --input=NAME=VALUE an input (a sampling rate, the initial state of a recurrent net) becomes
// a constant of the model, so that it may decide an If and be folded into what reads it.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/graph/Graph.h"
#include "llvm/ADT/StringExtras.h"

using namespace plimsoll::import;
using llvm::StringRef;

/// Sets one element of `tensor` to the number `word`. Returns false if it is not of the element
/// type.
static bool setElement(HostTensor &tensor, int64_t index, StringRef word) {
  double real;
  int64_t whole;
  if (tensor.isFloat()) {
    if (word.getAsDouble(real))
      return false;
    tensor.setFloat(index, real);
    return true;
  }
  if (tensor.dtype == DType::boolean && (word == "true" || word == "false"))
    whole = word == "true";
  else if (word.getAsInteger(10, whole))
    return false;
  tensor.setInt(index, whole);
  return tensor.ints[index] == whole; // false if it was wrapped
}

static StringRef typeText(DType dtype) {
  return dtype == DType::boolean                      ? "true or false"
         : dtype == DType::f32 || dtype == DType::f64 ? "a number"
                                                      : "a whole number of its type";
}

std::optional<HostTensor> plimsoll::import::inputElements(StringRef text, DType dtype,
                                                          const Shape &shape,
                                                          std::string &problem) {
  StringRef fill = text == "zeros" ? "0" : text == "ones" ? "1" : text;
  llvm::SmallVector<StringRef> words;
  fill.split(words, ',');
  HostTensor tensor(dtype, shape);
  if (words.size() != 1 && int64_t(words.size()) != tensor.size()) {
    problem = "has " + std::to_string(tensor.size()) + " elements (" + shapeText(shape) +
              "), --input gives " + std::to_string(words.size());
    return std::nullopt;
  }
  for (int64_t i = 0; i < tensor.size(); ++i) {
    StringRef word = words[words.size() == 1 ? 0 : i].trim();
    if (setElement(tensor, i, word))
      continue;
    problem = ("--input gives '" + word + "'; expected zeros, ones, " + typeText(dtype) +
               ", or a list of them with commas")
                  .str();
    return std::nullopt;
  }
  return tensor;
}

HostTensor KnownInput::tensor(const Shape &shape) const {
  std::string problem;
  DType dtype = *dtypeOf(input.info->type().tensor_type().elem_type());
  return inputElements(text, dtype, shape, problem).value_or(HostTensor(dtype, shape));
}
