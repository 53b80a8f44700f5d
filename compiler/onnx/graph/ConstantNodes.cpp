//===- ConstantNodes.cpp - turns weights in Constant nodes into initializers -------===//
//
// Some exporters write weights as Constant nodes, and weights of an inlined branch are Constant
// nodes, too. As initializers they are candidates for parameters like all others. The nodes stay in
// place, so that the numbers of nodes do not change.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/file/ModelFile.h"

using namespace plimsoll::import;
using llvm::StringRef;

/// Returns the tensor of a Constant node if it may be a weight, else null.
static onnx::TensorProto *weightOf(onnx::NodeProto &node) {
  if (node.op_type() != "Constant" || node.output_size() != 1 || node.output(0).empty())
    return nullptr;
  for (auto &attribute : *node.mutable_attribute()) {
    bool isTensor = attribute.name() == "value" && attribute.has_t();
    if (!isTensor || attribute.t().dims_size() == 0)
      continue;
    std::optional<DType> dtype = dtypeOf(attribute.t().data_type());
    if (dtype && HostTensor(*dtype, {0}).isFloat())
      return attribute.mutable_t();
  }
  return nullptr;
}

/// Returns the elements of a tensor as the file stores them.
static std::string storedElements(const onnx::TensorProto &tensor) {
  if (!tensor.raw_data().empty())
    return tensor.raw_data();
  std::string result;
  auto append = [&](const auto &numbers) {
    result.assign(reinterpret_cast<const char *>(numbers.data()),
                  numbers.size() * sizeof(*numbers.data()));
  };
  if (tensor.float_data_size() > 0)
    append(tensor.float_data());
  else
    append(tensor.double_data());
  return result;
}

void plimsoll::import::hoistConstants(ModelFile &file) {
  StringRef all = file.buffer->getBuffer();
  onnx::GraphProto &graph = *file.model.mutable_graph();
  size_t behind = 0; // tensors are in the order of their nodes
  for (auto &node : *graph.mutable_node()) {
    onnx::TensorProto *tensor = weightOf(node);
    if (!tensor)
      continue;
    InlineBytes place;
    if (!isExternal(*tensor)) {
      std::string elements = storedElements(*tensor);
      size_t at = elements.empty() ? StringRef::npos : all.find(elements, behind);
      if (at == StringRef::npos && !elements.empty())
        at = all.find(elements);
      if (at == StringRef::npos)
        continue; // its elements are stored as numbers, so it stays a constant
      place = {int64_t(at), int64_t(elements.size())};
      behind = at + elements.size();
    }
    std::string name = node.output(0);
    *graph.add_initializer() = std::move(*tensor);
    graph.mutable_initializer()->rbegin()->set_name(name);
    file.inlineBytes.push_back(place);
    node.clear_attribute();
    node.set_op_type("Identity");
    node.add_input(name);
    *node.mutable_output(0) += " (as a node)";
  }
}
