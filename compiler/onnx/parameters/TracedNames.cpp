//===- TracedNames.cpp - names of torch's older exporter ------------------------------===//
#include "compiler/onnx/parameters/TracedNames.h"

using namespace plimsoll::import;
using llvm::StringRef;

bool plimsoll::import::isTracedConstant(StringRef name) {
  return name.starts_with("onnx::");
}

bool plimsoll::import::isTracedLiteral(StringRef name) {
  // "/model/norm/Constant_1_output_0"
  return name.starts_with("/") && name.rsplit('/').second.starts_with("Constant");
}

/// Returns the module of a node's name: "h.0.attn.q_proj" for "/h.0/attn/q_proj/MatMul", or "".
static std::string moduleOf(StringRef label) {
  if (!label.consume_front("/"))
    return "";
  std::string path = label.rsplit('/').first.str();
  if (path.size() == label.size())
    return ""; // the node belongs to the model itself
  std::replace(path.begin(), path.end(), '/', '.');
  return path;
}

TracedNames::TracedNames(const Graph &graph) : graph(graph) {
  for (int i = 0; i < graph.proto.node_size(); ++i)
    if (std::string module = moduleOf(graph.node(i).name()); !module.empty())
      nodesOf[module].push_back(i);
}

std::string TracedNames::nameOf(int node) const {
  const onnx::NodeProto &identity = graph.node(node);
  if (identity.op_type() != "Identity" || identity.output_size() != 1 ||
      !graph.names[node].call.empty())
    return "";
  StringRef name = identity.output(0);
  // The module's own Identity nodes have its path in their names.
  bool isExporters = name.contains('.') || StringRef(identity.name()).starts_with("Identity_");
  return isExporters && !name.contains('/') && !isTracedConstant(name) ? name.str() : "";
}

std::string TracedNames::linearWeight(StringRef initializer, const RoleUse &use) const {
  int product = use.consumer.node;
  std::string module = moduleOf(graph.node(product).name());
  auto nodes = nodesOf.find(module);
  bool isRightFactor = graph.node(product).op_type() == "MatMul" && use.consumer.operand == 1;
  if (!isTracedConstant(initializer) || !isRightFactor || use.moved || nodes == nodesOf.end())
    return "";
  for (int i : nodes->second) {
    const onnx::NodeProto &node = graph.node(i);
    bool isOwnBias = node.op_type() == "Add" && llvm::is_contained(node.input(), module + ".bias");
    // If a module is called twice, its product occurs twice.
    bool isProduct = node.op_type() == "MatMul" && node.input(1) == initializer;
    if (!isOwnBias && !isProduct)
      return "";
  }
  return module + ".weight";
}
