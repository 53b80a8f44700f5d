//===- ParameterRoles.cpp - how nodes use an initializer --------------------------===//
#include "compiler/import/Parameters.h"
#include "llvm/ADT/StringSwitch.h"

using namespace plimsoll::import;
using llvm::StringRef;

static bool isOneOf(StringRef name, std::initializer_list<StringRef> list) {
  return llvm::is_contained(list, name);
}

/// Nodes whose result is their first operand under another shape or type.
static bool passesOn(StringRef op) {
  return isOneOf(op, {"Transpose", "Reshape", "Expand", "Identity", "Cast", "CastLike", "Unsqueeze",
                      "Squeeze", "Flatten"});
}

bool plimsoll::import::isRecurrent(StringRef op) {
  return isOneOf(op, {"LSTM", "GRU"});
}

static bool isProduct(const Graph &graph, StringRef name) {
  auto producer = graph.producers.find(name);
  return producer != graph.producers.end() &&
         isOneOf(graph.node(producer->second).op_type(), {"MatMul", "Gemm", "Conv"});
}

/// True for what an InstanceNormalization makes, reshaped or not: exporters write group
/// normalisation so, and its gain and bias as a product and a sum.
static bool isNormalized(const Graph &graph, StringRef name, int depth = 0) {
  auto producer = graph.producers.find(name);
  if (producer == graph.producers.end())
    return false;
  const onnx::NodeProto &node = graph.node(producer->second);
  if (node.op_type() == "Reshape" && node.input_size() > 0 && depth < 4)
    return isNormalized(graph, node.input(0), depth + 1);
  return node.op_type() == "InstanceNormalization";
}

/// True for the product of what isNormalized with a gain.
static bool isNormalizedProduct(const Graph &graph, StringRef name) {
  auto producer = graph.producers.find(name);
  if (producer == graph.producers.end() || graph.node(producer->second).op_type() != "Mul")
    return false;
  const auto &inputs = graph.node(producer->second).input();
  return llvm::any_of(inputs, [&](const std::string &input) { return isNormalized(graph, input); });
}

static Role roleAt(const Graph &graph, Use use) {
  const onnx::NodeProto &node = graph.node(use.node);
  StringRef op = node.op_type();
  if (op == "MatMul" && use.operand < 2)
    return Role::Matrix;
  if (isOneOf(op, {"Gemm", "Conv", "ConvTranspose"}) && use.operand < 3)
    return use.operand == 2 ? Role::Bias : Role::Matrix;
  if (op.ends_with("Normalization") && (use.operand == 1 || use.operand == 2))
    return use.operand == 1 ? Role::Gain : Role::Bias;
  if (op == "BatchNormalization" && (use.operand == 3 || use.operand == 4))
    return use.operand == 3 ? Role::RunningMean : Role::RunningVariance;
  if (isRecurrent(op) && use.operand >= 1 && use.operand <= 3)
    return use.operand == 3 ? Role::Bias : Role::Matrix;
  if (op == "Gather" && use.operand == 0)
    return Role::Table;
  for (int i = 0; i < node.input_size() && node.input_size() == 2; ++i) {
    if (op == "Mul" && i != use.operand && isNormalized(graph, node.input(i)))
      return Role::Gain;
    if (op == "Add" && i != use.operand && isNormalizedProduct(graph, node.input(i)))
      return Role::Bias;
  }
  if (isOneOf(op, {"Add", "Sub", "Sum"})) {
    for (int i = 0; op == "Add" && i < node.input_size(); ++i)
      if (i != use.operand && isProduct(graph, node.input(i)))
        return Role::Bias;
    return Role::Added;
  }
  if (isOneOf(op, {"Mul", "Div", "Pow"}))
    return Role::Multiplied;
  return Role::Other;
}

static void follow(const Graph &graph, StringRef name, std::optional<Use> first, bool moved,
                   int depth, llvm::SmallVector<RoleUse> &result) {
  for (Use use : graph.usesOf(name)) {
    const onnx::NodeProto &node = graph.node(use.node);
    Use start = first.value_or(use);
    // A list of uses that long tells nothing more.
    if (result.size() >= 4096)
      return;
    bool through = use.operand == 0 && passesOn(node.op_type()) && node.output_size() == 1;
    if (through && depth < 8)
      follow(graph, node.output(0), start,
             moved || node.op_type() == "Transpose" || node.op_type() == "Reshape", depth + 1,
             result);
    else
      result.push_back({start, use, roleAt(graph, use), moved});
  }
}

llvm::SmallVector<RoleUse> plimsoll::import::rolesOf(const Graph &graph, StringRef name) {
  llvm::SmallVector<RoleUse> result;
  follow(graph, name, std::nullopt, false, 0, result);
  return result;
}

std::string plimsoll::import::roleText(const Graph &graph, const RoleUse &use) {
  std::string op = graph.node(use.consumer.node).op_type();
  switch (use.role) {
  case Role::Matrix:
    return "weight of " + op;
  case Role::Table:
    return "table of " + op;
  case Role::Gain:
    return "scale of " + op;
  case Role::Bias:
    return "bias of " + op;
  case Role::RunningMean:
  case Role::RunningVariance:
    return "running statistic of " + op;
  case Role::Added:
  case Role::Multiplied:
    return "used only elementwise, by " + op;
  case Role::Other:
    return "used by " + op;
  }
  return "";
}

llvm::StringRef plimsoll::import::frameworkName(Role role) {
  switch (role) {
  case Role::Bias:
  case Role::Added:
    return "bias";
  case Role::RunningMean:
    return "running_mean";
  case Role::RunningVariance:
    return "running_var";
  default:
    return "weight";
  }
}

std::string plimsoll::import::drawRole(Role role, size_t rank) {
  switch (role) {
  case Role::Gain:
  case Role::RunningVariance:
    return "gain";
  case Role::Bias:
  case Role::RunningMean:
    return "bias";
  case Role::Added:
    return rank < 2 ? "bias" : "matrix";
  case Role::Multiplied:
    return rank < 2 ? "gain" : "matrix";
  default:
    return "matrix";
  }
}
