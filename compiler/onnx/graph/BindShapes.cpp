//===- BindShapes.cpp - dynamic dimensions of inputs get their sizes -----------===//
#include "compiler/onnx/graph/Graph.h"

using namespace plimsoll::import;
using llvm::Twine;

namespace {
class Binder {
public:
  Binder(Graph &graph, const ModelOptions &options, Problems &problems)
      : graph(graph), options(options), problems(problems) {}

  void run() {
    for (const auto &entry : options.shapes)
      unused.insert({entry.getKey(), 0});
    // The whole shape of one input may bind a named dimension that another one uses.
    for (const auto &input : graph.proto.input())
      bindNames(input);
    for (const auto &input : graph.proto.input())
      if (!graph.initializers.count(input.name()))
        bindInput(input);
    for (const auto &[name, text] : options.inputs)
      if (llvm::none_of(graph.proto.input(),
                        [&](const auto &input) { return input.name() == name; }))
        problems.add("--input=" + name, "the model has no input of that name",
                     "its inputs are " + inputNames());
      else if (graph.initializers.count(name))
        problems.add("--input=" + name, "the file has a value for this input, as for its weights");
    for (const auto &entry : unused)
      problems.add("--shape=" + entry.getKey(),
                   "the model has no input or dynamic dimension of that name",
                   "its inputs are " + inputNames());
  }

private:
  static std::string dimName(const onnx::TensorShapeProto::Dimension &dim) {
    return dim.has_dim_param() && !dim.dim_param().empty() ? "'" + dim.dim_param() + "'"
                                                           : std::string("(unnamed)");
  }

  std::string inputNames() const {
    std::string text;
    for (const auto &input : graph.proto.input())
      if (!graph.initializers.count(input.name()))
        text += (text.empty() ? "'" : ", '") + input.name() + "'";
    return text;
  }

  void bindDimension(const std::string &name, int64_t size, const Twine &where) {
    auto [found, isNew] = graph.dimensions.try_emplace(name, size);
    if (!isNew && found->second != size)
      problems.add(where, "dynamic dimension '" + name + "' is bound to " + Twine(found->second) +
                              " and to " + Twine(size));
  }

  void bindNames(const onnx::ValueInfoProto &input) {
    const auto &shape = input.type().tensor_type().shape();
    auto given = options.shapes.find(input.name());
    if (given != options.shapes.end() && int(given->second.size()) == shape.dim_size())
      for (auto [dim, size] : llvm::zip(shape.dim(), given->second))
        if (dim.has_dim_param() && !dim.dim_param().empty())
          bindDimension(dim.dim_param(), size, "input '" + input.name() + "'");
    for (const auto &dim : shape.dim()) {
      auto byName = options.shapes.find(dim.dim_param());
      if (!dim.has_dim_param() || byName == options.shapes.end())
        continue;
      unused.erase(dim.dim_param());
      if (byName->second.size() == 1)
        bindDimension(dim.dim_param(), byName->second[0], "input '" + input.name() + "'");
      else
        problems.add("--shape=" + dim.dim_param(), "a dynamic dimension takes one size");
    }
  }

  void bindInput(const onnx::ValueInfoProto &input) {
    std::string where = "input '" + input.name() + "'";
    unused.erase(input.name());
    if (!input.type().has_tensor_type() || !input.type().tensor_type().has_shape())
      return problems.add(where, "is not a tensor of known rank");
    const auto &tensor = input.type().tensor_type();
    if (!dtypeOf(tensor.elem_type()))
      return problems.add(where,
                          "holds " + onnxTypeName(tensor.elem_type()) + ", which is not supported",
                          "export the model in f32");
    auto given = options.shapes.find(input.name());
    bool whole = given != options.shapes.end();
    if (whole && int(given->second.size()) != tensor.shape().dim_size())
      return problems.add(where, "has " + Twine(tensor.shape().dim_size()) +
                                     " dimensions, --shape gives " + Twine(given->second.size()));
    BoundInput bound{&input, {}, {}, {}};
    for (auto [d, dim] : llvm::enumerate(tensor.shape().dim())) {
      bound.shape.push_back(bindOne(where, d, dim, whole ? &given->second[d] : nullptr));
      bound.exported.push_back(dim.has_dim_value() ? dim.dim_value() : bound.shape.back());
      bound.isFree.push_back(dim.has_dim_value() && !whole);
    }
    if (llvm::is_contained(bound.shape, kFailed))
      return;
    for (const Shape &shape : {bound.shape, bound.exported})
      if (!elementCount(shape))
        return problems.add(where, "its shape " + shapeText(shape) + " is negative or overflows");
    auto value = llvm::find_if(options.inputs,
                               [&](const auto &entry) { return entry.first == input.name(); });
    if (value == options.inputs.end())
      return graph.inputs.push_back(std::move(bound));
    bindValue(where, {std::move(bound), value->second});
  }

  void bindValue(const std::string &where, KnownInput known) {
    DType dtype = *dtypeOf(known.input.info->type().tensor_type().elem_type());
    std::string problem;
    for (const Shape &shape : {known.input.shape, known.input.exported})
      if (*elementCount(shape) > options.maxFoldedElements)
        return problems.add(where, "is too large for --input: " + shapeText(shape));
      else if (!inputElements(known.text, dtype, shape, problem))
        return problems.add(where, problem);
    graph.known.push_back(std::move(known));
  }

  int64_t bindOne(const std::string &where, size_t d, const onnx::TensorShapeProto::Dimension &dim,
                  const int64_t *given) {
    if (given && *given <= 0) {
      problems.add(where, "dimension " + Twine(d) + " cannot have size " + Twine(*given));
      return kFailed;
    }
    if (dim.has_dim_value()) {
      if (dim.dim_value() < 0) {
        problems.add(where,
                     "dimension " + Twine(d) + " has the negative size " + Twine(dim.dim_value()));
        return kFailed;
      }
      return given ? *given : dim.dim_value();
    }
    if (given)
      return *given;
    auto bound = graph.dimensions.find(dim.dim_param());
    if (!dim.dim_param().empty() && bound != graph.dimensions.end()) {
      if (bound->second > 0)
        return bound->second;
      problems.add(where, "dimension " + Twine(d) + " cannot have size " + Twine(bound->second));
      return kFailed;
    }
    problems.add(where, "dimension " + Twine(d) + " " + dimName(dim) + " is not bound",
                 dim.dim_param().empty() ? "bind the input's shape with --shape=NAME=AxBxC"
                                         : "bind it with --shape=" + dim.dim_param() + "=SIZE");
    return kFailed;
  }

  static constexpr int64_t kFailed = INT64_MIN;
  Graph &graph;
  const ModelOptions &options;
  Problems &problems;
  llvm::StringMap<char> unused;
};
} // namespace

void plimsoll::import::bindInputs(Graph &graph, const ModelOptions &options, Problems &problems) {
  Binder(graph, options, problems).run();
}
