//===- Unroll.cpp - control flow that is known at compile time -----------------===//
#include "compiler/onnx/graph/Unroll.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

using namespace plimsoll::import;

using Names = llvm::StringMap<std::string>;

static const onnx::AttributeProto *findAttr(const onnx::NodeProto &node, const std::string &name) {
  for (const auto &attribute : node.attribute())
    if (attribute.name() == name)
      return &attribute;
  return nullptr;
}

static onnx::AttributeProto &attrOf(onnx::NodeProto &node, const std::string &name,
                                    onnx::AttributeProto::AttributeType type) {
  for (auto &attribute : *node.mutable_attribute())
    if (attribute.name() == name)
      return attribute;
  onnx::AttributeProto &made = *node.add_attribute();
  made.set_name(name);
  made.set_type(type);
  return made;
}

// Names ---------------------------------------------------------------------

static void renameOperands(onnx::NodeProto &node, const Names &names);

/// Renames the values that `graph` reads from outside of itself.
static void renameOuter(onnx::GraphProto &graph, Names names) {
  for (const auto &input : graph.input())
    names.erase(input.name());
  for (const auto &initializer : graph.initializer())
    names.erase(initializer.name());
  for (const auto &node : graph.node())
    for (const std::string &output : node.output())
      names.erase(output);
  for (auto &node : *graph.mutable_node())
    renameOperands(node, names);
  for (auto &output : *graph.mutable_output())
    if (auto found = names.find(output.name()); found != names.end())
      output.set_name(found->second);
}

static void renameOperands(onnx::NodeProto &node, const Names &names) {
  for (std::string &input : *node.mutable_input())
    if (auto found = names.find(input); found != names.end())
      input = found->second;
  for (auto &attribute : *node.mutable_attribute())
    if (attribute.has_g())
      renameOuter(*attribute.mutable_g(), names);
}

// Inlining ------------------------------------------------------------------

namespace {
class Inliner {
public:
  explicit Inliner(onnx::GraphProto &graph) : graph(graph) {}

  void run(llvm::ArrayRef<ControlDecision> decisions) {
    llvm::DenseMap<int, ControlDecision> decided;
    for (const ControlDecision &decision : decisions)
      decided[decision.node] = decision;
    google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
    nodes.Swap(graph.mutable_node());
    for (int i = 0; i < nodes.size(); ++i) {
      auto decision = decided.find(i);
      if (decision == decided.end())
        *graph.add_node() = std::move(nodes[i]);
      else if (nodes[i].op_type() == "If")
        branch(nodes[i], decision->second.condition);
      else
        loop(nodes[i], decision->second);
    }
  }

private:
  /// Returns the user's name of a node, as NodeNames::label.
  static std::string labelOf(const onnx::NodeProto &node) {
    return !node.name().empty() || node.output_size() == 0 ? node.name() : node.output(0);
  }
  /// Returns a prefix that makes names inside `node` unique: the name of a result.
  static std::string uniqueName(const onnx::NodeProto &node) {
    for (const std::string &output : node.output())
      if (!output.empty())
        return output;
    return node.name();
  }

  onnx::NodeProto &add(const char *type, llvm::ArrayRef<std::string> inputs,
                       const std::string &output) {
    onnx::NodeProto &node = *graph.add_node();
    node.set_op_type(type);
    for (const std::string &input : inputs)
      node.add_input(input);
    node.add_output(output);
    return node;
  }

  /// Adds a Constant node with one number; returns its name.
  std::string constant(const std::string &name, onnx::TensorProto::DataType type, int64_t value,
                       bool isList = false) {
    onnx::NodeProto &node = add("Constant", {}, name);
    onnx::TensorProto &tensor = *attrOf(node, "value", onnx::AttributeProto::TENSOR).mutable_t();
    tensor.set_data_type(type);
    if (isList)
      tensor.add_dims(1);
    if (type == onnx::TensorProto::BOOL)
      tensor.add_int32_data(static_cast<int32_t>(value));
    else
      tensor.add_int64_data(value);
    return name;
  }

  /// Adds the nodes of `body` with the inputs `names`; returns the names of its outputs.
  std::vector<std::string> inlineBody(const onnx::GraphProto &body, const std::string &prefix,
                                      const std::string &label, Names names) {
    for (const auto &initializer : body.initializer()) {
      names[initializer.name()] = prefix + initializer.name();
      onnx::NodeProto &node = add("Constant", {}, prefix + initializer.name());
      *attrOf(node, "value", onnx::AttributeProto::TENSOR).mutable_t() = initializer;
    }
    for (const auto &inner : body.node()) {
      onnx::NodeProto &node = *graph.add_node() = inner;
      node.set_name(label + labelOf(inner));
      renameOperands(node, names);
      for (std::string &output : *node.mutable_output())
        if (!output.empty())
          output = names[output] = prefix + output;
    }
    std::vector<std::string> outputs;
    for (const auto &output : body.output()) {
      auto found = names.find(output.name());
      outputs.push_back(found == names.end() ? output.name() : found->second);
    }
    return outputs;
  }

  void branch(const onnx::NodeProto &node, bool condition) {
    const auto *body = findAttr(node, condition ? "then_branch" : "else_branch");
    std::vector<std::string> outputs =
        inlineBody(body->g(), uniqueName(node) + "/", labelOf(node) + "/", {});
    for (int i = 0; i < node.output_size(); ++i)
      if (!node.output(i).empty())
        add("Identity", outputs[i], node.output(i));
  }

  /// Adds one iteration; `node` remains as the loop of the following ones.
  void iterate(onnx::NodeProto &node) {
    const onnx::GraphProto body = findAttr(node, "body")->g();
    onnx::AttributeProto &count = attrOf(node, kIterationsAttr, onnx::AttributeProto::INT);
    std::string index = "[" + std::to_string(count.i()) + "]/";
    std::string prefix = uniqueName(node) + index;
    Names names;
    names[body.input(0).name()] =
        constant(prefix + "iteration", onnx::TensorProto::INT64, count.i());
    names[body.input(1).name()] = constant(prefix + "condition", onnx::TensorProto::BOOL, 1);
    for (int i = 2; i < body.input_size(); ++i)
      names[body.input(i).name()] = node.input(i);
    std::vector<std::string> outputs = inlineBody(body, prefix, labelOf(node) + index, names);
    node.set_input(1, outputs[0]);
    int carried = body.input_size() - 2;
    for (int i = 0; i < carried; ++i)
      node.set_input(2 + i, outputs[1 + i]);
    for (int i = carried; i < node.output_size(); ++i)
      attrOf(node, kScannedAttr + std::to_string(i), onnx::AttributeProto::STRINGS)
          .add_strings(outputs[1 + i]);
    count.set_i(count.i() + 1);
  }

  void loop(onnx::NodeProto &node, const ControlDecision &decision) {
    for (int64_t i = 0; i < decision.iterations; ++i)
      iterate(node);
    if (!decision.finished) {
      *graph.add_node() = std::move(node);
      return;
    }
    int carried = node.input_size() - 2;
    for (int i = 0; i < node.output_size(); ++i)
      if (!node.output(i).empty() && i < carried)
        add("Identity", node.input(2 + i), node.output(i));
      else if (!node.output(i).empty())
        stack(node, i);
  }

  /// Joins what was scanned out, along a new first dimension.
  void stack(const onnx::NodeProto &node, int output) {
    const std::string &name = node.output(output);
    const auto *scanned = findAttr(node, kScannedAttr + std::to_string(output));
    std::string axes = constant(name + "/axes", onnx::TensorProto::INT64, 0, /*isList=*/true);
    std::vector<std::string> parts;
    for (const std::string &part : scanned->strings()) {
      parts.push_back(name + "/" + std::to_string(parts.size()));
      add("Unsqueeze", {part, axes}, parts.back());
    }
    onnx::NodeProto &concat = add("Concat", parts, name);
    attrOf(concat, "axis", onnx::AttributeProto::INT).set_i(0);
  }

  onnx::GraphProto &graph;
};
} // namespace

int64_t plimsoll::import::unrolledSize(const onnx::GraphProto &graph,
                                       llvm::ArrayRef<ControlDecision> decisions) {
  int64_t size = graph.node_size();
  for (const ControlDecision &decision : decisions) {
    const onnx::NodeProto &node = graph.node(decision.node);
    if (node.op_type() == "If") {
      size += findAttr(node, decision.condition ? "then_branch" : "else_branch")->g().node_size();
      continue;
    }
    // The constants of an iteration, its body, and the nodes that collect its results.
    int64_t each = 2 + findAttr(node, "body")->g().node_size() + node.output_size();
    size += std::min(decision.iterations, kMaxUnrolledNodes) * each;
  }
  return size;
}

void plimsoll::import::inlineControlFlow(onnx::GraphProto &graph,
                                         llvm::ArrayRef<ControlDecision> decisions) {
  Inliner(graph).run(decisions);
}
