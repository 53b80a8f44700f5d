//===- FoldedNorms.cpp - normalisations that the exporter folded --------------------===//
#include "compiler/onnx/parameters/FoldedNorms.h"
#include "compiler/onnx/file/StoredTypes.h"
#include "compiler/onnx/parameters/FxArguments.h"
#include "compiler/onnx/parameters/ParameterLayout.h"
#include <cmath>
#include <cstring>

using namespace plimsoll::import;
using llvm::StringRef;

double FoldedNorm::unfolding() const {
  return std::sqrt(1 + epsilon);
}

/// Returns the numbers of a floating-point initializer, or nothing if they cannot be read.
static std::vector<float> numbersOf(const Graph &graph, int index) {
  constexpr int64_t limit = int64_t(1) << 30;
  Problems ignored; // reported when the bytes are located
  std::optional<DType> dtype = dtypeOf(graph.proto.initializer(index).data_type());
  std::optional<std::string> bytes = graph.file.read(index, limit, ignored);
  if (!bytes || !dtype || !(isHalf(*dtype) || *dtype == DType::f32 || *dtype == DType::f64))
    return {};
  if (*dtype != DType::f32)
    bytes = singlesOf(*bytes, *dtype);
  std::vector<float> numbers(bytes->size() / sizeof(float));
  std::memcpy(numbers.data(), bytes->data(), numbers.size() * sizeof(float));
  return numbers;
}

static double largest(llvm::ArrayRef<float> numbers) {
  double result = 0;
  for (float number : numbers)
    result = std::max(result, std::fabs(double(number)));
  return result;
}

static int64_t groupsOf(const onnx::NodeProto &node) {
  for (const auto &attribute : node.attribute())
    if (attribute.name() == "group")
      return attribute.i();
  return 1;
}

bool plimsoll::import::isOutFirst(const onnx::NodeProto &node) {
  return node.op_type() == "Conv" || isTransposedGemm(node);
}

/// Returns the number of terms in one result of a product with `weight`, as torch computes it for
/// initialisation: the product of all sizes but the first, also for a transposed convolution.
static int64_t fanIn(const onnx::NodeProto &node, const onnx::TensorProto &weight) {
  if (node.op_type() == "Gemm" && !isOutFirst(node))
    return weight.dims(0);
  int64_t count = 1;
  for (int d = 1; d < weight.dims_size(); ++d)
    count *= weight.dims(d);
  return count;
}

/// Returns how many results a product with `weight` has per row.
static int64_t channelsOf(const onnx::NodeProto &node, const onnx::TensorProto &weight) {
  if (weight.dims_size() < 2)
    return 0;
  return isOutFirst(node) ? weight.dims(0) : weight.dims(1) * groupsOf(node);
}

/// True if the folded normalisation is that of a new module. A normalisation by the statistics of a
/// trained module leaves a bias. That of a new module leaves none, or the bias that torch draws for
/// the node before, whose largest element is at most, and not far below, 1 / sqrt(fan in).
static bool isOfNewModule(const Graph &graph, int node, const FoldedNorm &norm) {
  std::vector<float> weights = numbersOf(graph, norm.weight), biases;
  if (weights.empty() || largest(weights) == 0)
    return false;
  if (norm.folded < 0) // the exporter drops a bias of zeros
    return true;
  biases = numbersOf(graph, norm.folded);
  if (biases.empty() || largest(biases) == 0)
    return !biases.empty();
  if (norm.before < 0)
    return false;
  double drawn = std::sqrt(1.0 / fanIn(graph.node(node), graph.proto.initializer(norm.weight)));
  double share = largest(biases) * norm.unfolding() / drawn;
  return share > 0.5 && share < 1 + 1e-5;
}

static int tensorOf(const ExporterRecord &record, StringRef argument) {
  llvm::SmallVector<int> tensors = record.tensorsIn(argument);
  return tensors.size() == 1 ? tensors.front() : -1;
}

std::map<int, FoldedNorm> plimsoll::import::foldedNorms(const Graph &graph,
                                                        const ExporterRecord &record) {
  std::map<int, FoldedNorm> result;
  for (auto [i, node] : llvm::enumerate(graph.proto.node())) {
    if (!record.exists() || !StringRef(graph.names[i].rules).contains("FuseBatchNorm") ||
        node.input_size() < 2)
      continue;
    llvm::SmallVector<StringRef> arguments =
        fxArguments(graph.names[i].fx, "aten._native_batch_norm_legit_no_training");
    auto weight = graph.initializers.find(node.input(1));
    FoldedNorm norm;
    if (arguments.size() != 7 || weight == graph.initializers.end() ||
        arguments[5].getAsDouble(norm.momentum) || arguments[6].getAsDouble(norm.epsilon))
      continue;
    if (node.input_size() > 2 && !node.input(2).empty()) {
      auto bias = graph.initializers.find(node.input(2));
      if (bias == graph.initializers.end())
        continue;
      norm.folded = bias->second;
    }
    norm.weight = weight->second;
    norm.gain = tensorOf(record, arguments[1]);
    norm.bias = tensorOf(record, arguments[2]);
    norm.mean = tensorOf(record, arguments[3]);
    norm.variance = tensorOf(record, arguments[4]);
    norm.channels = channelsOf(node, graph.proto.initializer(norm.weight));
    StringRef name = node.input(1);
    if (name.consume_back("weight"))
      norm.before = record.find((name + "bias").str());
    // If another node reads the weights, too, they are multiplied by something else there.
    norm.isNew = norm.mean >= 0 && norm.variance >= 0 && norm.channels > 0 &&
                 record.find(node.input(1)) >= 0 && graph.usesOf(node.input(1)).size() == 1 &&
                 isOfNewModule(graph, i, norm);
    result[i] = norm;
  }
  return result;
}
