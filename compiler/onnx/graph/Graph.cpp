#include "compiler/onnx/graph/Graph.h"
#include "compiler/onnx/graph/OldOpsets.h"

using namespace plimsoll::import;
using llvm::StringRef;
using llvm::Twine;

// Metadata ------------------------------------------------------------------

std::vector<std::string> plimsoll::import::pythonList(StringRef text) {
  std::vector<std::string> result;
  while (true) {
    size_t begin = text.find_first_of("'\"");
    if (begin == StringRef::npos)
      return result;
    size_t end = text.find(text[begin], begin + 1);
    if (end == StringRef::npos)
      return result;
    result.push_back(text.substr(begin + 1, end - begin - 1).str());
    text = text.drop_front(end + 1);
  }
}

static NodeNames namesOf(const onnx::NodeProto &node) {
  NodeNames names;
  names.label = !node.name().empty() || node.output_size() == 0 ? node.name() : node.output(0);
  std::vector<std::string> scopes = pythonList(metadata(node, "pkg.torch.onnx.name_scopes"));
  std::vector<std::string> classes = pythonList(metadata(node, "pkg.torch.onnx.class_hierarchy"));
  // The last element is the call itself. Nodes that torch could not attribute have a made-up scope.
  if (scopes.size() >= 2 && !StringRef(scopes[scopes.size() - 2]).starts_with("_empty_nn_module"))
    names.module = scopes[scopes.size() - 2];
  if (scopes.size() >= 2)
    names.result = scopes.back();
  if (classes.size() >= 2)
    names.scope = classes[classes.size() - 2];
  if (!classes.empty())
    names.call = classes.back();
  names.rules = metadata(node, "pkg.onnxscript.rewriter.rule_name").str();
  names.fx = metadata(node, "pkg.torch.onnx.fx_node").str();
  return names;
}

std::string Graph::describe(int index) const {
  const NodeNames &of = names[index];
  std::string text = of.label + " (" + node(index).op_type();
  // Nodes that torch's exporter makes for one call have names of the exporter's own.
  bool told = of.call.empty() || of.result.empty() || StringRef(of.label).contains(of.result);
  if (!told)
    text += " in " + of.call + (of.module.empty() ? "" : " of '" + of.module + "'");
  return text + ")";
}

// Checks --------------------------------------------------------------------

static void checkOpset(Graph &graph, Problems &problems) {
  for (const auto &import : graph.file.model.opset_import())
    if (import.domain().empty() || import.domain() == "ai.onnx")
      graph.opset = import.version();
  if (graph.opset == 0)
    problems.add("", "the file does not say which version of the ONNX operators it uses");
  else if (graph.opset < kOldestOpset)
    problems.add("",
                 "opset " + Twine(graph.opset) + " is too old; " + Twine(kOldestOpset) + " to " +
                     Twine(kNewestOpset) + " can be read",
                 "convert it with onnx.version_converter, or export it again");
  else if (graph.opset > kNewestOpset)
    problems.add("",
                 "opset " + Twine(graph.opset) + " is too new; " + Twine(kOldestOpset) + " to " +
                     Twine(kNewestOpset) + " can be read",
                 "export the model with opset_version=23");
}

static bool isQuantised(const onnx::GraphProto &graph) {
  return llvm::any_of(graph.node(), [](const onnx::NodeProto &node) {
    StringRef op = node.op_type();
    return op.contains("uantizeLinear") || op.starts_with("QLinear") || op.ends_with("Integer");
  });
}

static void checkInitializers(Graph &graph, Problems &problems) {
  bool quantised = isQuantised(graph.proto);
  for (int i = 0; i < graph.proto.initializer_size(); ++i) {
    const onnx::TensorProto &tensor = graph.proto.initializer(i);
    std::string where = "initializer '" + tensor.name() + "'";
    auto dims = llvm::ArrayRef(tensor.dims().data(), tensor.dims_size());
    if (tensor.name().empty())
      problems.add("initializer " + Twine(i), "has no name");
    else if (!graph.initializers.try_emplace(tensor.name(), i).second)
      problems.add(where, "the name is given twice");
    if (!dtypeOf(tensor.data_type()) && quantised)
      problems.add(where, kQuantised, kQuantisedFix);
    else if (!dtypeOf(tensor.data_type()))
      problems.add(where, "holds " + onnxTypeName(tensor.data_type()) + ", which is not supported",
                   "export the model in f32");
    else if (!elementCount(dims))
      problems.add(where, "its shape " + shapeText(dims) + " is negative or overflows");
  }
  if (graph.proto.sparse_initializer_size() > 0)
    problems.add("", "sparse initializers are not supported", "save the model with dense ones");
}

/// Reports names that are defined twice or used before their definition, which ONNX forbids.
static void checkOrder(Graph &graph, Problems &problems) {
  llvm::StringMap<char> defined;
  for (const auto &input : graph.proto.input()) {
    if (!defined.try_emplace(input.name(), 0).second)
      problems.add("input '" + input.name() + "'", "the name is given twice");
  }
  for (const auto &entry : graph.initializers)
    defined.try_emplace(entry.getKey(), 0);
  for (int i = 0; i < graph.proto.node_size(); ++i) {
    const onnx::NodeProto &node = graph.node(i);
    for (auto [operand, name] : llvm::enumerate(node.input())) {
      if (name.empty())
        continue;
      graph.uses[name].push_back({i, int(operand)});
      if (!defined.count(name))
        problems.add(graph.describe(i),
                     "its input '" + name + "' is made by no node, input or initializer before it",
                     "nodes must come in topological order without cycles");
    }
    for (const std::string &name : node.output()) {
      if (name.empty())
        continue;
      if (!defined.try_emplace(name, 0).second)
        problems.add(graph.describe(i),
                     "its result '" + name + "' has a name that is already taken");
      graph.producers.try_emplace(name, i);
    }
  }
  for (auto [i, output] : llvm::enumerate(graph.proto.output())) {
    graph.outputs.try_emplace(output.name(), int(i));
    if (!defined.count(output.name()))
      problems.add("output '" + output.name() + "'", "is made by no node");
  }
  if (graph.proto.output_size() == 0)
    problems.add("", "the graph has no outputs");
}

std::unique_ptr<Graph> plimsoll::import::makeGraph(const ModelFile &file, Problems &problems) {
  auto graph = std::unique_ptr<Graph>(new Graph(file));
  for (const auto &node : graph->proto.node())
    graph->names.push_back(namesOf(node));
  checkOpset(*graph, problems);
  checkInitializers(*graph, problems);
  checkOrder(*graph, problems);
  for (const auto &info : graph->proto.value_info())
    graph->valueInfo.try_emplace(info.name(), &info);
  for (const auto &info : graph->proto.output())
    graph->valueInfo.try_emplace(info.name(), &info);
  return graph;
}
