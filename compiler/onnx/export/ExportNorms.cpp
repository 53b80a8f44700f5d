//===- ExportNorms.cpp - folds normalisations into the weights again ----------------===//
#include "compiler/onnx/export/ExportNorms.h"
#include "compiler/onnx/file/StoredTypes.h"
#include "compiler/onnx/parameters/FoldedNorms.h"
#include <cmath>
#include <cstring>

using namespace plimsoll::import;

namespace {

class NormFolder {
public:
  NormFolder(const Graph &graph, const ParameterPlan &plan, const Weights &weights, int node)
      : graph(graph), plan(plan), weights(weights), node(node), norm(plan.restoredNorms.at(node)) {}

  llvm::Expected<std::optional<FoldedTensors>> run() {
    int index = graph.initializers.lookup(graph.node(node).input(1));
    int weight = plan.find(index, {node, 1}).parameter;
    int all[] = {weight, norm.before, norm.gain, norm.bias, norm.mean, norm.variance};
    if (llvm::none_of(all, [&](int p) { return p >= 0 && weights.has(p); }))
      return std::nullopt;
    int64_t channels = plan.parameters[norm.mean].shape[0];
    std::vector<double> w = numbers(weight, 0, 0), before = numbers(norm.before, channels, 0),
                        gain = numbers(norm.gain, channels, 1),
                        bias = numbers(norm.bias, channels, 0),
                        mean = numbers(norm.mean, channels, 0),
                        variance = numbers(norm.variance, channels, 1);
    if (!problem.empty())
      return llvm::createStringError(llvm::inconvertibleErrorCode(), problem);
    for (int64_t c = 0; c < channels; ++c) {
      gain[c] /= std::sqrt(variance[c] + norm.epsilon);
      bias[c] += (before[c] - mean[c]) * gain[c];
    }
    for (size_t i = 0; i < w.size(); ++i)
      w[i] *= gain[channelOf(i, plan.parameters[weight].shape, channels)];
    DType dtype = plan.parameters[weight].dtype;
    return FoldedTensors{index, channels, dtype, bytesOf(w, dtype), bytesOf(bias, dtype)};
  }

private:
  /// Returns the output channel to which element `i` of the weight belongs.
  int64_t channelOf(int64_t i, const Shape &shape, int64_t channels) const {
    int64_t rest = 1;
    for (int64_t size : llvm::ArrayRef(shape).drop_front())
      rest *= size;
    if (isOutFirst(graph.node(node)))
      return i / rest;
    if (graph.node(node).op_type() == "Gemm")
      return i % rest;
    // The weight is [in, out / groups, ...].
    int64_t window = rest / shape[1], groups = channels / shape[1];
    int64_t group = i / rest / (shape[0] / groups);
    return group * shape[1] + i % rest / window;
  }

  /// Returns the elements of a parameter. If the module has none, or it is missing but known of a
  /// new module, returns `count` times `otherwise`. A weight must be given (`count` is 0).
  std::vector<double> numbers(int parameter, int64_t count, double otherwise) {
    std::vector<double> result(count, otherwise);
    if (parameter < 0)
      return result;
    const Parameter &known = plan.parameters[parameter];
    if (!weights.has(parameter)) {
      if (count == 0 || known.scale != 1)
        problem = "'" + known.name +
                  "' is missing, and the batch normalisation behind it is to "
                  "be folded into it; give a checkpoint with all of them";
      return result;
    }
    bool isDouble = graph.computed(known.dtype) == DType::f64;
    result.resize(*elementCount(known.shape));
    std::string bytes(result.size() * (isDouble ? sizeof(double) : sizeof(float)), '\0');
    if (llvm::Error error = weights.read({parameter, false}, bytes.data()))
      problem = llvm::toString(std::move(error));
    for (size_t i = 0; i < result.size(); ++i) {
      float single;
      if (isDouble)
        std::memcpy(&result[i], bytes.data() + i * sizeof(double), sizeof(double));
      else
        std::memcpy(&single, bytes.data() + i * sizeof single, sizeof single);
      if (!isDouble)
        result[i] = single;
    }
    return result;
  }

  std::string bytesOf(llvm::ArrayRef<double> numbers, DType dtype) const {
    std::string bytes;
    bool isDouble = graph.computed(dtype) == DType::f64;
    for (double number : numbers) {
      float single = static_cast<float>(number);
      bytes.append(isDouble ? reinterpret_cast<const char *>(&number)
                            : reinterpret_cast<const char *>(&single),
                   isDouble ? sizeof number : sizeof single);
    }
    return graph.computed(dtype) == dtype ? bytes : storedOf(bytes, dtype);
  }

  const Graph &graph;
  const ParameterPlan &plan;
  const Weights &weights;
  int node;
  const RestoredNorm &norm;
  std::string problem;
};

} // namespace

llvm::Expected<std::optional<FoldedTensors>> plimsoll::import::foldNorm(const Graph &graph,
                                                                        const ParameterPlan &plan,
                                                                        const Weights &weights,
                                                                        int node) {
  return NormFolder(graph, plan, weights, node).run();
}
