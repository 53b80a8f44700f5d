//===- StoredTypes.cpp - files that are not in f32 --------------------------------===//
#include "compiler/onnx/file/StoredTypes.h"
#include <cstring>

using namespace plimsoll::import;

namespace {
/// The tensors that a file has in one type.
struct Count {
  llvm::StringRef name;
  int64_t tensors = 0;
  std::string first = {};

  void add(const std::string &tensor) { first = tensors++ ? first : tensor; }
};
} // namespace

std::vector<std::string> plimsoll::import::decideStoredTypes(Graph &graph,
                                                             const ParameterPlan &plan,
                                                             const ModelOptions &options) {
  Count counts[] = {{"float16"}, {"bfloat16"}, {"double"}};
  auto count = [&](DType dtype, const std::string &name) {
    if (isHalf(dtype) || dtype == DType::f64)
      counts[dtype == DType::f16 ? 0 : dtype == DType::bf16 ? 1 : 2].add(name);
  };
  for (const BoundInput &input : graph.inputs)
    count(*dtypeOf(input.info->type().tensor_type().elem_type()), input.info->name());
  for (const Parameter &parameter : plan.parameters)
    count(parameter.dtype, parameter.name);
  graph.isHalf = counts[0].tensors + counts[1].tensors > 0;
  graph.narrowsDoubles = counts[2].tensors > 0 && !options.keepDoubles;
  std::vector<std::string> remarks;
  for (const Count &of : counts)
    if (of.tensors > 0 && (of.name != "double" || graph.narrowsDoubles))
      remarks.push_back("'" + of.first + "'" +
                        (of.tensors > 1 ? " and " + std::to_string(of.tensors - 1) +
                                              " other parameters and inputs are"
                                        : " is") +
                        " of type " + of.name.str() + " in the file; the step computes in f32");
  return remarks;
}

template <typename From, typename Convert>
static auto converted(llvm::StringRef bytes, Convert convert) {
  using To = decltype(convert(From()));
  size_t count = bytes.size() / sizeof(From);
  std::string result(count * sizeof(To), '\0');
  for (size_t i = 0; i < count; ++i) {
    From from;
    std::memcpy(&from, bytes.data() + i * sizeof from, sizeof from);
    To to = convert(from);
    std::memcpy(result.data() + i * sizeof to, &to, sizeof to);
  }
  return result;
}

std::string plimsoll::import::singlesOf(llvm::StringRef stored, DType dtype) {
  if (isHalf(dtype))
    return converted<uint16_t>(
        stored, [&](uint16_t bits) { return static_cast<float>(halfOf(bits, dtype)); });
  if (dtype == DType::f64)
    return converted<double>(stored, [](double number) { return static_cast<float>(number); });
  return stored.str();
}

std::string plimsoll::import::storedOf(llvm::StringRef singles, DType dtype) {
  if (isHalf(dtype))
    return converted<float>(singles, [&](float number) { return halfBits(number, dtype); });
  if (dtype == DType::f64)
    return converted<float>(singles, [](float number) { return static_cast<double>(number); });
  return singles.str();
}
