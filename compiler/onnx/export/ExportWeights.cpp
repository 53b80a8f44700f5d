//===- ExportWeights.cpp - the elements to write into an exported file -------------===//
#include "compiler/onnx/export/ExportWeights.h"
#include "compiler/onnx/file/StoredTypes.h"
#include "compiler/onnx/parameters/ParameterLayout.h"
#include <cstring>

using namespace plimsoll;
using namespace plimsoll::import;
using llvm::StringRef;

static constexpr llvm::StringLiteral kA = ".lora_A.weight", kB = ".lora_B.weight";

llvm::Error CheckpointWeights::read(Content content, char *into) const {
  std::string error;
  bool transposed = plan.parameters[content.parameter].transposed != content.transposed;
  if (file.read(content.parameter, transposed, reinterpret_cast<std::byte *>(into), error))
    return llvm::Error::success();
  return llvm::createStringError(error);
}

// Parameters of adapters -----------------------------------------------------

/// True if `longer` is `name` with a prefix that ends in a dot, as wrappers add it.
static bool endsWith(StringRef longer, StringRef name) {
  return longer.consume_back(name) && longer.ends_with(".");
}

/// Returns the parameter of the module that an adapter file calls `stem`, or -1.
static int parameterOf(const ParameterPlan &plan, StringRef stem) {
  int wrapped = -1;
  for (auto [i, parameter] : llvm::enumerate(plan.parameters)) {
    llvm::SmallVector<StringRef> names = {parameter.name};
    llvm::append_range(names, parameter.aliases);
    for (StringRef name : names) {
      name.consume_back(".weight");
      if (name == stem)
        return i;
      if (endsWith(stem, name) || endsWith(name, stem))
        wrapped = i;
    }
  }
  return wrapped;
}

/// True if the initializer of `use` is [out, in] for the product that reads it, false if it is [in,
/// out]; nothing if it is not the right factor of a product.
static std::optional<bool> isOutFirst(const Graph &graph, StringRef initializer,
                                      const RoleUse &use) {
  const onnx::NodeProto &product = graph.node(use.consumer.node);
  if (use.role != Role::Matrix || use.consumer.operand != 1 ||
      (product.op_type() != "MatMul" && product.op_type() != "Gemm"))
    return std::nullopt;
  bool outFirst = isTransposedGemm(product);
  for (StringRef name = product.input(1); name != initializer;) {
    auto producer = graph.producers.find(name);
    if (producer == graph.producers.end() || graph.node(producer->second).input_size() == 0)
      return std::nullopt;
    outFirst ^= graph.node(producer->second).op_type() == "Transpose";
    name = graph.node(producer->second).input(0);
  }
  return outFirst;
}

/// Like the function above, for the file's layout of a parameter.
static std::optional<bool> isOutFirst(const Graph &graph, const ParameterPlan &plan,
                                      int parameter) {
  for (const auto &[index, planned] : plan.initializers) {
    const std::string &name = graph.proto.initializer(index).name();
    for (const RoleUse &use : rolesOf(graph, name)) {
      ParameterUse found = plan.find(index, use.use);
      std::optional<bool> outFirst = isOutFirst(graph, name, use);
      if (found.parameter == parameter && outFirst)
        return *outFirst != found.transpose;
    }
  }
  return std::nullopt;
}

// Merging --------------------------------------------------------------------

llvm::Expected<std::unique_ptr<MergedWeights>>
MergedWeights::create(const std::string &path, std::optional<double> alpha, const Graph &graph,
                      const ParameterPlan &plan, const Weights *base) {
  std::unique_ptr<MergedWeights> merged(new MergedWeights(graph, plan, base));
  std::string problems;
  merged->file = TensorFile::open(path, problems);
  if (!merged->file)
    return llvm::createStringError(problems);
  const std::string *saved = merged->file->metadata("lora_alpha");
  if (alpha)
    merged->alpha = *alpha;
  else if (!saved || StringRef(*saved).getAsDouble(merged->alpha))
    return llvm::createStringError(
        "'" + path + "' does not say the alpha of its adapters; give it as --lora=" + path +
        ",alpha=NUMBER");
  merged->find(problems);
  if (!problems.empty())
    return llvm::createStringError("'" + path + "' does not fit the model" + problems);
  if (merged->adapters.empty())
    return llvm::createStringError("'" + path +
                                   "' holds no adapters; --weights reads other checkpoints");
  if (!merged->file->match(merged->wanted, problems))
    return llvm::createStringError(problems);
  return merged;
}

void MergedWeights::find(std::string &problems) {
  for (const std::string &name : file->names()) {
    StringRef stem = name;
    if (stem.starts_with("optimizer.") || stem.ends_with(kB))
      continue;
    if (!stem.consume_back(kA)) {
      problems += "\n  '" + name + "' is no adapter";
      continue;
    }
    int parameter = parameterOf(plan, stem);
    if (parameter < 0)
      problems += "\n  '" + name + "' is of no parameter of the model";
    else
      add(parameter, stem.str(), problems);
  }
}

void MergedWeights::add(int index, const std::string &stem, std::string &problems) {
  const Parameter &parameter = plan.parameters[index];
  std::vector<int64_t> a = file->shapeOf(stem + kA.str()), b = file->shapeOf(stem + kB.str());
  std::optional<bool> outFirst = isOutFirst(graph, plan, index);
  std::string where = "\n  '" + stem + "': ";
  if (!outFirst || parameter.shape.size() != 2) {
    problems += where + "'" + parameter.name + "' is not the right factor of a matrix product";
    return;
  }
  int64_t out = parameter.shape[*outFirst ? 0 : 1], in = parameter.shape[*outFirst ? 1 : 0];
  if (a.size() != 2 || b.size() != 2 || a[0] != b[1] || a[1] != in || b[0] != out) {
    problems += where + "expected A [rank, " + std::to_string(in) + "] and B [" +
                std::to_string(out) + ", rank], found A " + shapeText(a) + " and B " +
                (b.empty() ? "missing" : shapeText(b));
    return;
  }
  if (!adapters
           .try_emplace(index, Adapter{wanted.size(), wanted.size() + 1, in, a[0], out, *outFirst})
           .second)
    problems += where + "'" + parameter.name + "' has another adapter already";
  auto type = graph.computed(parameter.dtype) == import::DType::f64 ? plimsoll::ElementType::f64
                                                                    : plimsoll::ElementType::f32;
  wanted.push_back({stem + kA.str(), {}, a, type});
  wanted.push_back({stem + kB.str(), {}, b, type});
}

/// Reads the elements of the base, or of the model's own file if the base lacks them.
llvm::Error MergedWeights::readBase(Content content, char *into) const {
  if (base && base->has(content.parameter))
    return base->read(content, into);
  const Parameter &parameter = plan.parameters[content.parameter];
  Problems problems;
  std::optional<std::string> bytes;
  if (parameter.initializer >= 0)
    bytes = graph.file.read(parameter.initializer, INT64_MAX, problems);
  if (!bytes)
    return llvm::createStringError(
        "the values of '" + parameter.name +
        "' that its adapter adds to are not there; give them with --weights");
  import::DType computed = graph.computed(parameter.dtype);
  if (computed != parameter.dtype)
    bytes = singlesOf(*bytes, parameter.dtype);
  if (parameter.scale != 1)
    return llvm::createStringError("the exporter folded a batch normalisation into '" +
                                   parameter.name + "'; give its values with --weights");
  if (!content.transposed) {
    llvm::copy(*bytes, into);
    return llvm::Error::success();
  }
  int64_t rows = parameter.shape[0], columns = parameter.shape[1];
  int64_t step = byteSize(computed);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      std::memcpy(into + (c * rows + r) * step, bytes->data() + (r * columns + c) * step, step);
  return llvm::Error::success();
}

template <typename T>
llvm::Error MergedWeights::addAdapter(const Adapter &adapter, bool outFirst, char *into) const {
  std::vector<T> a(adapter.rank * adapter.in), b(adapter.out * adapter.rank);
  std::string error;
  if (!file->read(adapter.a, false, reinterpret_cast<std::byte *>(a.data()), error) ||
      !file->read(adapter.b, false, reinterpret_cast<std::byte *>(b.data()), error))
    return llvm::createStringError(error);
  double scale = alpha / double(adapter.rank);
  for (int64_t o = 0; o < adapter.out; ++o)
    for (int64_t i = 0; i < adapter.in; ++i) {
      double sum = 0;
      for (int64_t k = 0; k < adapter.rank; ++k)
        sum += double(b[o * adapter.rank + k]) * double(a[k * adapter.in + i]);
      char *place = into + (outFirst ? o * adapter.in + i : i * adapter.out + o) * sizeof(T);
      T value;
      std::memcpy(&value, place, sizeof(T));
      value = T(double(value) + scale * sum);
      std::memcpy(place, &value, sizeof(T));
    }
  return llvm::Error::success();
}

llvm::Error MergedWeights::read(Content content, char *into) const {
  if (llvm::Error error = readBase(content, into))
    return error;
  auto adapter = adapters.find(content.parameter);
  if (adapter == adapters.end())
    return llvm::Error::success();
  bool outFirst = adapter->second.outFirst != content.transposed;
  return graph.computed(plan.parameters[content.parameter].dtype) == import::DType::f64
             ? addAdapter<double>(adapter->second, outFirst, into)
             : addAdapter<float>(adapter->second, outFirst, into);
}
