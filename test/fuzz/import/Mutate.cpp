#include "Mutate.h"
#include "compiler/onnx/file/onnx.pb.h"
#include <algorithm>
#include <cstring>

// Bytes ---------------------------------------------------------------------

static std::string mutateBytes(std::string bytes, Random &random) {
  switch (random.below(4)) {
  case 0: // flips; names and structure are before and after the weights
    for (uint64_t i = 0, n = 1 + random.below(32); i < n && !bytes.empty(); ++i) {
      uint64_t window = random.chance(70) ? std::min<uint64_t>(bytes.size(), 4096) : bytes.size();
      bytes[random.below(window)] ^= char(1 << random.below(8));
    }
    return bytes;
  case 1:
    return bytes.substr(0, random.below(bytes.size() + 1));
  case 2: { // a piece twice
    uint64_t begin = random.below(bytes.size() + 1);
    return bytes.insert(begin, bytes.substr(begin, random.below(4096)));
  }
  default: { // a piece missing
    uint64_t begin = random.below(bytes.size() + 1);
    return bytes.erase(begin, random.below(4096));
  }
  }
}

// Messages ------------------------------------------------------------------

/// Sizes and indices that code tends not to expect.
static int64_t oddNumber(Random &random) {
  static constexpr int64_t odd[] = {0,         1,
                                    -1,        2,
                                    3,         -2,
                                    7,         1 << 16,
                                    INT32_MAX, int64_t(1) << 31,
                                    1 << 20,   INT64_MAX,
                                    INT64_MIN, int64_t(1) << 40};
  return odd[random.below(std::size(odd))];
}

/// An operator that the importer knows, so that its handler sees operands of another.
static std::string otherOperator(Random &random) {
  static constexpr const char *names[] = {"Add",
                                          "Where",
                                          "Gather",
                                          "GatherND",
                                          "ScatterND",
                                          "Reshape",
                                          "Transpose",
                                          "Slice",
                                          "Split",
                                          "Concat",
                                          "Squeeze",
                                          "Unsqueeze",
                                          "Expand",
                                          "Range",
                                          "CumSum",
                                          "MatMul",
                                          "Gemm",
                                          "Softmax",
                                          "Attention",
                                          "Conv",
                                          "Trilu",
                                          "Constant",
                                          "Cast",
                                          "Shape",
                                          "ReduceSum",
                                          "ReduceMean",
                                          "Pow",
                                          "Div",
                                          "Mod",
                                          "Flatten",
                                          "Dropout",
                                          "Identity",
                                          "SequenceAt",
                                          "CastLike",
                                          "Equal",
                                          "And",
                                          "Not",
                                          "IsNaN",
                                          "Gelu",
                                          "SplitToSequence",
                                          "Max",
                                          "Neg",
                                          "Sqrt",
                                          "Sum",
                                          "Size",
                                          "Erf",
                                          "ConstantOfShape",
                                          "Less",
                                          "NoSuchOp",
                                          "GatherElements",
                                          "LayerNormalization",
                                          "RMSNormalization",
                                          "BatchNormalization",
                                          "SequenceConstruct"};
  return names[random.below(std::size(names))];
}

static void mutateAttribute(onnx::NodeProto &node, Random &random) {
  static constexpr const char *names[] = {
      "axis",      "axes",    "perm",  "to",        "keepdims", "value",
      "pads",      "strides", "group", "dilations", "alpha",    "allowzero",
      "num_heads", "epsilon", "scale", "start",     "end",      "num_outputs"};
  onnx::AttributeProto *attribute;
  if (node.attribute_size() == 0 || random.chance(30)) {
    attribute = node.add_attribute();
    attribute->set_name(names[random.below(std::size(names))]);
    attribute->set_type(onnx::AttributeProto::AttributeType(1 + random.below(8)));
  } else {
    attribute = node.mutable_attribute(random.below(node.attribute_size()));
  }
  if (random.chance(20))
    attribute->set_type(onnx::AttributeProto::AttributeType(random.below(12)));
  attribute->set_i(oddNumber(random));
  attribute->set_f(float(oddNumber(random)));
  for (uint64_t i = random.below(4); i > 0; --i)
    attribute->add_ints(oddNumber(random));
  if (attribute->ints_size() > 0 && random.chance(50))
    attribute->set_ints(random.below(attribute->ints_size()), oddNumber(random));
}

static std::string anyName(const onnx::GraphProto &graph, Random &random) {
  if (graph.initializer_size() > 0 && random.chance(50))
    return graph.initializer(random.below(graph.initializer_size())).name();
  const onnx::NodeProto &node = graph.node(random.below(graph.node_size()));
  return node.input_size() > 0 ? node.input(random.below(node.input_size())) : "";
}

static void mutateNode(onnx::GraphProto &graph, Random &random) {
  if (graph.node_size() == 0)
    return;
  int index = random.below(graph.node_size());
  onnx::NodeProto &node = *graph.mutable_node(index);
  switch (random.below(8)) {
  case 0:
    return graph.mutable_node()->SwapElements(index, random.below(graph.node_size()));
  case 1:
    *graph.add_node() = node;
    return;
  case 2:
    return graph.mutable_node()->DeleteSubrange(index, 1);
  case 3:
    return node.set_op_type(otherOperator(random));
  case 4:
    return mutateAttribute(node, random);
  case 5:
    if (node.input_size() > 0)
      node.set_input(random.below(node.input_size()), anyName(graph, random));
    return;
  case 6:
    if (node.input_size() > 0 && random.chance(50))
      node.mutable_input()->RemoveLast();
    else
      *node.add_input() = "";
    return;
  default:
    node.clear_attribute();
  }
}

static void mutateInitializer(onnx::GraphProto &graph, Random &random) {
  if (graph.initializer_size() == 0)
    return;
  onnx::TensorProto &tensor = *graph.mutable_initializer(random.below(graph.initializer_size()));
  switch (random.below(7)) {
  case 0:
    return tensor.add_dims(oddNumber(random));
  case 1:
    if (tensor.dims_size() > 0)
      tensor.set_dims(random.below(tensor.dims_size()), oddNumber(random));
    return;
  case 2:
    return tensor.set_data_type(random.below(30));
  case 3:
    return tensor.clear_raw_data();
  case 4: { // shapes and indices are int64
    int64_t number = oddNumber(random);
    std::string &raw = *tensor.mutable_raw_data();
    if (raw.size() >= 8)
      std::memcpy(raw.data() + random.below(raw.size() / 8) * 8, &number, 8);
    return;
  }
  case 5: {
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    auto *entry = tensor.add_external_data();
    entry->set_key(random.chance(50) ? "location" : "offset");
    entry->set_value(random.chance(50) ? "../../etc/passwd" : std::to_string(oddNumber(random)));
    return;
  }
  default:
    *graph.add_initializer() = tensor;
  }
}

static void mutateInput(onnx::GraphProto &graph, Random &random) {
  if (graph.input_size() == 0)
    return;
  onnx::ValueInfoProto &input = *graph.mutable_input(random.below(graph.input_size()));
  auto &type = *input.mutable_type()->mutable_tensor_type();
  switch (random.below(4)) {
  case 0:
    return type.set_elem_type(random.below(20));
  case 1:
    return type.mutable_shape()->add_dim()->set_dim_value(oddNumber(random));
  case 2:
    if (type.shape().dim_size() > 0)
      type.mutable_shape()
          ->mutable_dim(random.below(type.shape().dim_size()))
          ->set_dim_value(oddNumber(random));
    return;
  default:
    *graph.add_input() = input;
  }
}

static std::string mutateMessages(const std::string &bytes, Random &random) {
  onnx::ModelProto model;
  if (!model.ParseFromString(bytes))
    return mutateBytes(bytes, random);
  onnx::GraphProto &graph = *model.mutable_graph();
  for (uint64_t i = 0, n = 1 + random.below(4); i < n; ++i)
    switch (random.below(10)) {
    case 0:
      mutateInput(graph, random);
      break;
    case 1:
    case 2:
    case 3:
      mutateInitializer(graph, random);
      break;
    case 4:
      if (model.opset_import_size() > 0)
        model.mutable_opset_import(0)->set_version(random.chance(70) ? 13 + random.below(15)
                                                                     : oddNumber(random));
      break;
    default:
      mutateNode(graph, random);
    }
  return model.SerializeAsString();
}

std::string mutate(const std::string &model, Random &random) {
  return random.chance(35) ? mutateBytes(model, random) : mutateMessages(model, random);
}
