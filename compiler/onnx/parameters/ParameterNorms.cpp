//===- ParameterNorms.cpp - restores parameters of folded normalisations ------------===//
#include "compiler/onnx/parameters/ParameterPlanner.h"

using namespace plimsoll::import;
using llvm::StringRef;

/// True for the bias that the exporter computed for a normalisation that is restored.
bool Planner::isFoldedBias(Use use) const {
  auto norm = norms.find(use.node);
  return norm != norms.end() && norm->second.isNew && use.operand == 2;
}

int Planner::addOfNorm(int tensor, Role role, const FoldedNorm &norm) {
  if (tensor < 0)
    return -1;
  const std::string &name = record.tensor(tensor).name;
  if (auto known = taken.find(name); known != taken.end()) // known if the module is called twice
    return known->second;
  Parameter parameter;
  parameter.name = name;
  parameter.shape = {norm.channels};
  parameter.dtype = plan.parameters[plan.initializers.lookup(norm.weight).parameter].dtype;
  parameter.role = drawRole(role, 1);
  parameter.declared = record.isParameter(tensor);
  parameter.trainable = !isStatistic(role);
  parameter.reason = "of a new batch normalisation that the exporter folded into the weights";
  return add(std::move(parameter));
}

/// Takes a new normalisation out of the weights again: all weights, and the bias before it, were
/// multiplied by the same number.
void Planner::restoreNorm(int node, const FoldedNorm &norm) {
  ParameterUse weight = plan.find(norm.weight, {node, 1});
  if (weight.parameter < 0 || !weight.view.empty() || !weight.parts.empty())
    return;
  plan.parameters[weight.parameter].scale = norm.unfolding();
  RestoredNorm restored;
  restored.before = addOfNorm(norm.before, Role::Bias, norm);
  if (restored.before >= 0) {
    Parameter &bias = plan.parameters[restored.before];
    bias.initializer = norm.folded;
    if (norm.folded >= 0)
      bias.fileName = graph.node(node).input(2);
    bias.reason = "the exporter calls it a parameter";
    bias.scale = norm.unfolding();
  }
  restored.gain = addOfNorm(norm.gain, Role::Gain, norm);
  restored.bias = addOfNorm(norm.bias, Role::Bias, norm);
  restored.mean = addOfNorm(norm.mean, Role::RunningMean, norm);
  restored.variance = addOfNorm(norm.variance, Role::RunningVariance, norm);
  restored.epsilon = norm.epsilon;
  restored.momentum = norm.momentum;
  plan.restoredNorms[node] = restored;
}

static std::string counted(size_t count) {
  return std::to_string(count) + " batch normalisation" + (count == 1 ? "" : "s");
}

/// Warns of normalisations that were restored, and of those that were multiplied into the weights
/// and cannot be.
void Planner::warnOfFoldedNorms() {
  int count = 0;
  std::string names, back;
  auto name = [](StringRef tensor, std::string &list) {
    list += (list.empty() ? ": '" : ", '") + tensor.str() + "'";
  };
  for (auto [i, node] : llvm::enumerate(graph.proto.node())) {
    // torch's older exporter folds without a trace, except for the names of what it computed.
    bool isOld = node.op_type() == "Conv" && node.input_size() == 3 &&
                 StringRef(node.input(1)).starts_with("onnx::Conv_") &&
                 StringRef(node.input(2)).starts_with("onnx::Conv_");
    bool isFolded = StringRef(graph.names[i].rules).contains("FuseBatchNorm");
    if (plan.restoredNorms.count(i)) {
      name(node.input(1), back);
      if (node.input_size() > 2)
        name(node.input(2), back);
      continue;
    }
    count += isOld || isFolded;
    if (!isFolded || !record.exists())
      continue;
    for (const std::string &input : node.input())
      if (record.find(input) >= 0)
        name(input, names);
    for (int tensor : record.tensorsIn(graph.names[i].fx)) {
      name(record.tensor(tensor).name, names);
      unfoldable.insert(tensor);
    }
  }
  if (count > 0)
    plan.warnings.push_back(
        "the exporter folded " + counted(count) +
        " into the weights before: scales, biases and running statistics cannot be recovered, and "
        "the model is trained without them; export with optimize=False to keep them" +
        names);
  if (!back.empty())
    plan.warnings.push_back(
        "the exporter folded " + counted(plan.restoredNorms.size()) +
        " into the weights before, whose numbers are those of a module that was never trained: "
        "they are taken out again, which leaves these weights within rounding of the module's, and "
        "start with scales of 1, biases of 0 and new statistics; if the module was trained, export "
        "with optimize=False" +
        back);
}
