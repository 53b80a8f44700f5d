//===- GivenWeights.cpp - weights that are inputs of the graph ---------------------===//
//
// Some exporters write a model's weights as inputs of the graph, without values. Inputs that the
// safetensors file of --weights contains become initializers whose bytes lie there.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/parameters/Parameters.h"
#include "plimsoll/TensorFile.h"
#include <filesystem>

using namespace plimsoll;
using namespace plimsoll::import;
namespace fs = std::filesystem;

/// Returns the sizes of an input, or nothing if one is not a literal.
static std::optional<Shape> literalShape(const onnx::ValueInfoProto &input) {
  Shape shape;
  for (const auto &dim : input.type().tensor_type().shape().dim()) {
    if (!dim.has_dim_value())
      return std::nullopt;
    shape.push_back(dim.dim_value());
  }
  return shape;
}

static void give(ModelFile &file, const TensorFile &weights, const onnx::ValueInfoProto &input,
                 Problems &problems) {
  const std::string &name = input.name();
  std::vector<int64_t> found = weights.shapeOf(name);
  Shape given(found.begin(), found.end());
  std::optional<Shape> shape = literalShape(input);
  std::optional<import::DType> dtype = dtypeOf(input.type().tensor_type().elem_type());
  llvm::StringRef type = dtype == import::DType::f32   ? "F32"
                         : dtype == import::DType::f64 ? "F64"
                                                       : "";
  if (type.empty() || weights.typeOf(name) != type || (shape && *shape != given))
    return problems.add("input '" + name + "'",
                        "--weights has a tensor of this name of type " + weights.typeOf(name) +
                            " and shape " + shapeText(given) + ", which is not that of the input");
  onnx::TensorProto &tensor = *file.model.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(input.type().tensor_type().elem_type());
  for (int64_t size : given)
    tensor.add_dims(size);
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  auto add = [&](const char *key, const std::string &value) {
    auto &entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  };
  add("location", file.given);
  add("offset", std::to_string(weights.offsetOf(name)));
  file.inlineBytes.emplace_back();
}

void plimsoll::import::giveWeights(ModelFile &file, const ModelOptions &options,
                                   Problems &problems) {
  if (options.weights.empty())
    return;
  std::string error;
  std::unique_ptr<TensorFile> weights = TensorFile::open(options.weights, error);
  if (!weights)
    return problems.add("--weights", error);
  std::error_code code;
  fs::path folder = fs::absolute(options.path, code).parent_path();
  file.given = fs::relative(fs::absolute(options.weights, code), folder, code).string();
  llvm::StringSet<> has;
  for (const auto &tensor : file.model.graph().initializer())
    has.insert(tensor.name());
  int before = file.model.graph().initializer_size();
  for (const auto &input : file.model.graph().input())
    if (!has.contains(input.name()) && weights->offsetOf(input.name()) >= 0)
      give(file, *weights, input, problems);
  if (file.model.graph().initializer_size() == before && problems.empty())
    problems.add("--weights=" + options.weights, "holds no tensor under the name of an input",
                 "--weights gives values to inputs that are weights; a checkpoint to start from "
                 "belongs to the program: ./train --weights=FILE");
}

std::vector<std::string> plimsoll::import::inputsLikeWeights(const Graph &graph) {
  std::vector<std::string> names;
  for (const BoundInput &input : graph.inputs) {
    llvm::SmallVector<RoleUse> roles = rolesOf(graph, input.info->name());
    bool weight = !roles.empty() && llvm::all_of(roles, [&](const RoleUse &use) {
      llvm::StringRef op = graph.node(use.consumer.node).op_type();
      bool factor = use.role == Role::Matrix && use.consumer.operand > 0;
      return factor || use.role == Role::Gain || use.role == Role::RunningMean ||
             use.role == Role::RunningVariance ||
             (use.role == Role::Bias && use.consumer.operand == 2 && op != "Add") ||
             (use.role == Role::Bias && input.shape.size() == 1);
    });
    if (weight)
      names.push_back(input.info->name());
  }
  return names;
}
