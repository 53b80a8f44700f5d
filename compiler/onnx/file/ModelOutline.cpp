//===- ModelOutline.cpp - the names in an ONNX file --------------------------------===//
#include "compiler/onnx/Import.h"
#include "compiler/onnx/graph/Graph.h"

using namespace plimsoll;
using namespace plimsoll::import;
using namespace plimsoll::frontend;

static OutlineInput outlineInput(const onnx::ValueInfoProto &proto) {
  OutlineInput input;
  input.name = proto.name();
  const auto &tensor = proto.type().tensor_type();
  input.isInteger = tensor.elem_type() == onnx::TensorProto::INT64 ||
                    tensor.elem_type() == onnx::TensorProto::INT32;
  for (const auto &dim : tensor.shape().dim())
    input.dimensions.push_back(dim.has_dim_value() ? OutlineDimension{dim.dim_value(), ""}
                                                   : OutlineDimension{-1, dim.dim_param()});
  return input;
}

std::optional<ModelOutline> plimsoll::import::outlineOf(const std::string &path) {
  Problems problems; // the import reports problems
  ModelOptions options;
  options.path = path;
  options.init = "normal:0.02"; // weights need not exist
  std::unique_ptr<ModelFile> file = openModel(options, problems);
  std::unique_ptr<Graph> graph = file ? makeGraph(*file, problems) : nullptr;
  if (!graph)
    return std::nullopt;
  ModelOutline outline;
  for (const auto &input : graph->proto.input())
    if (!graph->initializers.count(input.name()))
      outline.inputs.push_back(outlineInput(input));
  for (int i = 0; i < graph->proto.node_size(); ++i) {
    const onnx::NodeProto &node = graph->node(i);
    OutlineNode entry{graph->names[i].label, graph->names[i].module, node.op_type(), {}, {}};
    entry.inputs.assign(node.input().begin(), node.input().end());
    entry.results.assign(node.output().begin(), node.output().end());
    outline.nodes.push_back(std::move(entry));
  }
  return outline;
}
