//===- NamesUtf8.cpp - names of a model as UTF-8 --------------------------------------===//
#include "compiler/onnx/file/NamesUtf8.h"
#include "plimsoll/Shown.h"

using namespace plimsoll;

namespace {

void fix(std::string *text) {
  std::string fixed = utf8(*text);
  if (fixed.size() != text->size()) // an escape is longer than what it replaces
    *text = std::move(fixed);
}

template <typename Strings> void fixAll(Strings *texts) {
  for (std::string &text : *texts)
    fix(&text);
}

void fixEntries(google::protobuf::RepeatedPtrField<onnx::StringStringEntryProto> *entries) {
  for (onnx::StringStringEntryProto &entry : *entries) {
    fix(entry.mutable_key());
    fix(entry.mutable_value());
  }
}

void fixType(onnx::TypeProto *type) {
  if (type->has_tensor_type() && type->tensor_type().has_shape())
    for (auto &dim : *type->mutable_tensor_type()->mutable_shape()->mutable_dim())
      if (dim.has_dim_param())
        fix(dim.mutable_dim_param());
  if (type->has_sequence_type() && type->sequence_type().has_elem_type())
    fixType(type->mutable_sequence_type()->mutable_elem_type());
  if (type->has_optional_type() && type->optional_type().has_elem_type())
    fixType(type->mutable_optional_type()->mutable_elem_type());
}

void fixValues(google::protobuf::RepeatedPtrField<onnx::ValueInfoProto> *values) {
  for (onnx::ValueInfoProto &value : *values) {
    fix(value.mutable_name());
    if (value.has_type())
      fixType(value.mutable_type());
    fixEntries(value.mutable_metadata_props());
  }
}

/// Leaves out the location of external data: a path may be any bytes.
void fixTensor(onnx::TensorProto *tensor) {
  fix(tensor->mutable_name());
  fixEntries(tensor->mutable_metadata_props());
}

void fixGraph(onnx::GraphProto *graph);

void fixNodes(google::protobuf::RepeatedPtrField<onnx::NodeProto> *nodes) {
  for (onnx::NodeProto &node : *nodes) {
    fixAll(node.mutable_input());
    fixAll(node.mutable_output());
    for (std::string *text : {node.mutable_name(), node.mutable_op_type(), node.mutable_domain()})
      fix(text);
    fixEntries(node.mutable_metadata_props());
    for (onnx::AttributeProto &attribute : *node.mutable_attribute()) {
      fix(attribute.mutable_name());
      if (attribute.has_ref_attr_name())
        fix(attribute.mutable_ref_attr_name());
      if (attribute.has_g())
        fixGraph(attribute.mutable_g());
      for (onnx::GraphProto &graph : *attribute.mutable_graphs())
        fixGraph(&graph);
    }
  }
}

void fixGraph(onnx::GraphProto *graph) {
  fix(graph->mutable_name());
  fixNodes(graph->mutable_node());
  for (onnx::TensorProto &tensor : *graph->mutable_initializer())
    fixTensor(&tensor);
  fixValues(graph->mutable_input());
  fixValues(graph->mutable_output());
  fixValues(graph->mutable_value_info());
  fixEntries(graph->mutable_metadata_props());
}

} // namespace

void import::makeNamesUtf8(onnx::ModelProto &model) {
  fixGraph(model.mutable_graph());
  fixEntries(model.mutable_metadata_props());
  for (auto &opset : *model.mutable_opset_import())
    fix(opset.mutable_domain());
  for (onnx::FunctionProto &function : *model.mutable_functions()) {
    for (std::string *text : {function.mutable_name(), function.mutable_domain()})
      fix(text);
    fixAll(function.mutable_input());
    fixAll(function.mutable_output());
    fixAll(function.mutable_attribute());
    fixNodes(function.mutable_node());
    fixValues(function.mutable_value_info());
  }
}
