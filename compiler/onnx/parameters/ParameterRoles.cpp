//===- ParameterRoles.cpp - how nodes use an initializer --------------------------===//
#include "compiler/onnx/parameters/Parameters.h"
#include "llvm/ADT/StringSwitch.h"

using namespace plimsoll::import;
using llvm::StringRef;

static bool isOneOf(StringRef name, std::initializer_list<StringRef> list) {
  return llvm::is_contained(list, name);
}

/// True for operators that return their first operand with another shape or type.
static bool passesOn(StringRef op) {
  return isOneOf(op, {"Transpose", "Reshape", "Expand", "Identity", "Cast", "CastLike", "Unsqueeze",
                      "Squeeze", "Flatten", "Slice"});
}

/// True for operators that join tensors, as exporters do with the gates of recurrent weights.
static bool joins(StringRef op) {
  return op == "Concat";
}

bool plimsoll::import::isRecurrent(StringRef op) {
  return isOneOf(op, {"LSTM", "GRU", "RNN"});
}

/// True if `name` is an initializer, or one with its elements moved.
static bool isWeight(const Graph &graph, StringRef name, int depth = 0) {
  if (graph.initializers.count(name))
    return true;
  auto producer = graph.producers.find(name);
  if (producer == graph.producers.end() || depth >= 8)
    return false;
  const onnx::NodeProto &node = graph.node(producer->second);
  return passesOn(node.op_type()) && node.input_size() > 0 &&
         isWeight(graph, node.input(0), depth + 1);
}

/// True if `name` is a product with a weight; a product of two activations has no bias.
static bool isProduct(const Graph &graph, StringRef name) {
  auto producer = graph.producers.find(name);
  if (producer == graph.producers.end())
    return false;
  const onnx::NodeProto &node = graph.node(producer->second);
  return isOneOf(node.op_type(), {"MatMul", "Gemm", "Conv", "ConvTranspose"}) &&
         node.input_size() > 1 &&
         (isWeight(graph, node.input(1)) || isWeight(graph, node.input(0)));
}

/// True if `name` has at most one dimension whose size is not 1: one number per channel or column.
static bool isVector(const Graph &graph, StringRef name) {
  auto found = graph.initializers.find(name);
  if (found == graph.initializers.end())
    return true; // a reshaped initializer
  const auto &dims = graph.proto.initializer(found->second).dims();
  return llvm::count_if(dims, [](int64_t size) { return size != 1; }) <= 1;
}

/// Returns the operator that computes `name`, or "".
static StringRef opOf(const Graph &graph, StringRef name) {
  auto producer = graph.producers.find(name);
  return producer == graph.producers.end() ? "" : StringRef(graph.node(producer->second).op_type());
}

/// True if `name` is computed from a mean over a dimension, of something or of its square, as in
/// normalisations.
static bool isStatisticOf(const Graph &graph, StringRef name, int depth = 0) {
  StringRef op = opOf(graph, name);
  if (op == "ReduceMean" || op == "ReduceSumSquare" || op == "ReduceL2")
    return true;
  if (depth >= 6 || !isOneOf(op, {"Add", "Sqrt", "Reciprocal", "Pow", "Sub", "Mul", "Max", "Clip"}))
    return false;
  const onnx::NodeProto &node = graph.node(graph.producers.find(name)->second);
  return llvm::any_of(node.input(), [&](const std::string &input) {
    return isStatisticOf(graph, input, depth + 1);
  });
}

/// True if `name` is something divided by, or multiplied with the reciprocal of, a root of
/// statistics, as in a normalisation written in parts; or if it is that root or reciprocal.
static bool isScaledByStatistic(const Graph &graph, StringRef name) {
  StringRef op = opOf(graph, name);
  if (op == "Reciprocal" || op == "Sqrt")
    return isStatisticOf(graph, name);
  if (op != "Div" && op != "Mul")
    return false;
  const onnx::NodeProto &node = graph.node(graph.producers.find(name)->second);
  if (node.input_size() != 2)
    return false;
  auto isRoot = [&](StringRef input) {
    return isOneOf(opOf(graph, input), {"Sqrt", "Reciprocal", "Pow"}) &&
           isStatisticOf(graph, input);
  };
  return isRoot(node.input(1)) || (op == "Mul" && isRoot(node.input(0)));
}

/// True if `name` is the result of an InstanceNormalization, reshaped or not, or of a normalisation
/// in parts: exporters write a group normalisation so, with its gain and bias as a product and a
/// sum.
static bool isNormalized(const Graph &graph, StringRef name, int depth = 0) {
  auto producer = graph.producers.find(name);
  if (producer == graph.producers.end())
    return false;
  const onnx::NodeProto &node = graph.node(producer->second);
  if (node.op_type() == "Reshape" && node.input_size() > 0 && depth < 4)
    return isNormalized(graph, node.input(0), depth + 1);
  return node.op_type() == "InstanceNormalization" || isScaledByStatistic(graph, name);
}

/// True if `name` is the product of a normalised value and a gain.
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
  if (isOneOf(op, {"Gather", "GatherND"}) && use.operand == 0)
    return Role::Table;
  if (op == "PRelu" && use.operand == 1)
    return Role::Gain;
  for (int i = 0; i < node.input_size() && node.input_size() == 2; ++i) {
    if (op == "Mul" && i != use.operand && isNormalized(graph, node.input(i)))
      return Role::Gain;
    if (op == "Add" && i != use.operand && isNormalizedProduct(graph, node.input(i)))
      return Role::Bias;
  }
  if (isOneOf(op, {"Add", "Sub", "Sum"})) {
    for (int i = 0; op == "Add" && i < node.input_size(); ++i)
      if (i != use.operand && isProduct(graph, node.input(i)) &&
          isVector(graph, node.input(use.operand)))
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
    // A longer list of uses does not help to find a role.
    if (result.size() >= 4096)
      return;
    bool isPart = node.op_type() == "Split" && use.operand == 0;
    bool isWhole = node.output_size() == 1 &&
                   ((use.operand == 0 && passesOn(node.op_type())) || joins(node.op_type()));
    if (depth >= 8 || !(isPart || isWhole)) {
      result.push_back({start, use, roleAt(graph, use), moved});
      continue;
    }
    bool moves = isPart || isOneOf(node.op_type(), {"Transpose", "Reshape", "Slice", "Concat"});
    for (const std::string &output : node.output())
      follow(graph, output, start, moved || moves, depth + 1, result);
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
