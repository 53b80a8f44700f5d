//===- Export.cpp - writes trained weights into the user's ONNX file ---------------===//
#include "compiler/onnx/export/Export.h"
#include "compiler/onnx/export/ExportNorms.h"
#include "compiler/onnx/export/OnnxRewriter.h"
#include "compiler/onnx/file/StoredTypes.h"
#include "llvm/Support/Regex.h"

using namespace plimsoll;
using namespace plimsoll::import;
using llvm::StringRef;

/// Adds constants that the checkpoint contains to --trainable: they were trained with that option.
static void addTrained(const Graph &graph, const TensorFile &weights, ModelOptions &options) {
  for (const std::string &name : weights.names())
    if (graph.initializers.count(name))
      options.parameters.push_back("^" + llvm::Regex::escape(name) + "$");
}

/// Returns the framework's shape of a parameter that the file may store transposed.
static std::vector<int64_t> frameworkShape(const Parameter &parameter) {
  std::vector<int64_t> shape(parameter.shape.begin(), parameter.shape.end());
  if (parameter.transposed)
    std::swap(shape[0], shape[1]);
  return shape;
}

namespace {

/// Determines the edits of the file that new weights require. They read it when they are written.
class Editor {
public:
  Editor(const Graph &graph, const ParameterPlan &plan, const Weights &weights)
      : graph(graph), plan(plan), weights(weights) {
    for (const auto &entry : graph.initializers)
      taken.insert(entry.getKey());
    for (const auto &entry : graph.producers)
      taken.insert(entry.getKey());
    for (const auto &input : graph.proto.input())
      taken.insert(input.name());
  }

  llvm::Expected<FileEdits> run() & { // the edits would outlive a temporary
    for (int i = 0; i < graph.proto.initializer_size(); ++i)
      if (llvm::Error error = editInitializer(i))
        return error;
    for (int i = 0; i < graph.proto.node_size(); ++i)
      if (llvm::Error error = editBias(i))
        return error;
    for (const auto &[node, norm] : plan.restoredNorms)
      if (llvm::Error error = editNorm(node))
        return error;
    return std::move(edits);
  }

private:
  TensorBytes bytesOf(Content content) const {
    const Parameter &parameter = plan.parameters[content.parameter];
    int64_t count = *elementCount(parameter.shape);
    import::DType dtype = parameter.dtype, computed = graph.computed(dtype);
    int64_t once = count * byteSize(dtype);
    return {once * content.repeats, [=, this](char *into) -> llvm::Error {
              std::string elements(count * byteSize(computed), '\0');
              if (llvm::Error error = weights.read(content, elements.data()))
                return error;
              if (dtype != computed)
                elements = storedOf(elements, dtype);
              for (int64_t i = 0; i < content.repeats; ++i)
                llvm::copy(elements, into + i * once);
              return llvm::Error::success();
            }};
  }

  /// Returns parts of several parameters, one after the other.
  TensorBytes joined(llvm::ArrayRef<Part> parts) const {
    int64_t size = 0;
    for (const Part &part : parts)
      size += part.count * byteSize(plan.parameters[part.parameter].dtype);
    return {size, [this, parts](char *into) -> llvm::Error {
              for (const Part &part : parts) {
                llvm::Expected<std::string> all = read({part.parameter, false});
                if (!all)
                  return all.takeError();
                int64_t step = byteSize(plan.parameters[part.parameter].dtype);
                into = std::copy_n(all->data() + part.begin * step, part.count * step, into);
              }
              return llvm::Error::success();
            }};
  }

  llvm::Expected<std::string> read(Content content) const {
    TensorBytes data = bytesOf(content);
    std::string text(data.bytes, '\0');
    if (llvm::Error error = data.read(text.data()))
      return error;
    return text;
  }

  Content contentAt(int initializer, Use use) const {
    ParameterUse found = plan.find(initializer, use);
    if (found.repeated.empty())
      return {found.parameter, found.transpose};
    const Shape &once = plan.parameters[found.parameter].shape;
    return {found.parameter, found.transpose,
            *elementCount(found.repeated) / std::max<int64_t>(*elementCount(once), 1)};
  }

  /// Returns the content that the initializer itself keeps, among those that its uses see: that of
  /// the parameter with its name.
  Content mainContent(int initializer, llvm::ArrayRef<Use> uses) const {
    const std::string &name = graph.proto.initializer(initializer).name();
    for (Use use : uses)
      if (Content content = contentAt(initializer, use);
          content.parameter >= 0 && plan.parameters[content.parameter].name == name)
        return content;
    return contentAt(initializer, {-1, 0});
  }

  llvm::Error editInitializer(int index) {
    auto planned = plan.initializers.find(index);
    if (planned == plan.initializers.end())
      return llvm::Error::success();
    llvm::ArrayRef<Use> uses = graph.usesOf(graph.proto.initializer(index).name());
    if (!planned->second.parts.empty()) {
      if (llvm::any_of(planned->second.parts,
                       [&](const Part &part) { return !weights.has(part.parameter); }))
        return llvm::Error::success();
      edits.initializers[index] = joined(planned->second.parts);
      return llvm::Error::success();
    }
    Content main = mainContent(index, uses);
    if (weights.has(main.parameter))
      edits.initializers[index] = bytesOf(main);
    for (Use use : uses) {
      Content content = contentAt(index, use);
      if (content.parameter < 0 || content == main || !weights.has(content.parameter))
        continue;
      llvm::Expected<std::string> name = separate(index, main, content);
      if (!name)
        return name.takeError();
      if (!name->empty())
        edits.operands[{use.node, use.operand}] = *name;
    }
    return llvm::Error::success();
  }

  /// Returns the name of an added initializer for `content`, or "" if `main` has the same bytes.
  llvm::Expected<std::string> separate(int index, Content main, Content content) {
    auto [entry, isNew] = names.try_emplace({index, content.parameter, content.transposed});
    if (!isNew)
      return entry->second;
    if (weights.has(main.parameter)) {
      llvm::Expected<std::string> ours = read(content), theirs = read(main);
      if (!ours || !theirs)
        return llvm::joinErrors(ours.takeError(), theirs.takeError());
      if (*ours == *theirs)
        return entry->second;
    }
    entry->second = uniqueName(plan.parameters[content.parameter].name);
    edits.added[index].push_back({entry->second, std::nullopt, bytesOf(content)});
    return entry->second;
  }

  /// Adds a bias of zeros that the exporter had dropped, if it is no longer zero.
  llvm::Error editBias(int node) {
    auto bias = plan.restoredBiases.find(node);
    if (bias == plan.restoredBiases.end() || !weights.has(bias->second))
      return llvm::Error::success();
    auto [entry, isNew] = names.try_emplace({-1, bias->second, false});
    if (isNew) {
      llvm::Expected<std::string> bytes = read({bias->second, false});
      if (!bytes)
        return bytes.takeError();
      if (StringRef(*bytes).find_first_not_of('\0') != StringRef::npos) {
        const Parameter &parameter = plan.parameters[bias->second];
        entry->second = uniqueName(parameter.name);
        int weight = graph.initializers.lookup(graph.node(node).input(1));
        edits.added[weight].push_back({entry->second, std::pair(parameter.dtype, parameter.shape),
                                       bytesOf({bias->second, false})});
      }
    }
    if (!entry->second.empty())
      edits.operands[{node, 2}] = entry->second;
    return llvm::Error::success();
  }

  /// Folds a batch normalisation that the importer had taken out of the weights into them again.
  llvm::Error editNorm(int node) {
    auto folded = foldNorm(graph, plan, weights, node);
    if (!folded)
      return folded.takeError();
    if (!*folded)
      return llvm::Error::success();
    auto held = [](const std::string &bytes) {
      return TensorBytes{int64_t(bytes.size()), [bytes](char *into) -> llvm::Error {
                           llvm::copy(bytes, into);
                           return llvm::Error::success();
                         }};
    };
    const FoldedTensors &tensors = **folded;
    const onnx::NodeProto &proto = graph.node(node);
    std::string name =
        uniqueName(proto.input_size() > 2 ? proto.input(2) : proto.output(0) + ".bias");
    edits.initializers[tensors.weight] = held(tensors.weightBytes);
    edits.added[tensors.weight].push_back(
        {name, std::pair(tensors.dtype, Shape{tensors.channels}), held(tensors.biasBytes)});
    edits.operands[{node, 2}] = name;
    return llvm::Error::success();
  }

  std::string uniqueName(const std::string &name) {
    std::string result = name;
    for (int i = 2; !taken.insert(result).second; ++i)
      result = name + "." + std::to_string(i);
    return result;
  }

  const Graph &graph;
  const ParameterPlan &plan;
  const Weights &weights;
  FileEdits edits;
  llvm::StringSet<> taken;
  /// Names of added initializers, by the initializer that they follow (-1: biases), parameter and
  /// transposition.
  std::map<std::tuple<int, int, bool>, std::string> names;
};

} // namespace

/// Returns for each parameter whether a node reads it.
static std::vector<bool> usedParameters(const Graph &graph, const ParameterPlan &plan) {
  std::vector<bool> used(plan.parameters.size());
  for (const auto &[index, planned] : plan.initializers) {
    const std::string &name = graph.proto.initializer(index).name();
    bool isUsed = !graph.usesOf(name).empty() || graph.outputs.count(name);
    used[planned.parameter] = used[planned.parameter] || isUsed;
    for (const Part &part : planned.parts)
      used[part.parameter] = used[part.parameter] || isUsed;
  }
  for (const auto &[use, planned] : plan.uses)
    if (planned.parameter >= 0)
      used[planned.parameter] = true;
  for (const auto &[node, parameter] : plan.restoredBiases)
    used[parameter] = true;
  for (const auto &[node, norm] : plan.restoredNorms)
    for (int parameter : {norm.before, norm.gain, norm.bias, norm.mean, norm.variance})
      if (parameter >= 0)
        used[parameter] = true;
  return used;
}

/// Finds every parameter in the checkpoint and counts them in `report`. Fails if one that is read
/// is missing, unless `keepMissing`.
static llvm::Error match(const Graph &graph, const ParameterPlan &plan, bool keepMissing,
                         TensorFile &weights, ExportReport &report) {
  std::vector<bool> used = usedParameters(graph, plan);
  std::vector<WantedTensor> wanted;
  for (auto [i, parameter] : llvm::enumerate(plan.parameters)) {
    bool isDouble = graph.computed(parameter.dtype) == import::DType::f64;
    wanted.push_back({parameter.name, parameter.aliases, frameworkShape(parameter),
                      isDouble ? plimsoll::ElementType::f64 : plimsoll::ElementType::f32,
                      keepMissing || !used[i]});
  }
  std::string error;
  if (!weights.match(wanted, error))
    return llvm::createStringError(error + (weights.metadata("lora_alpha")
                                                ? "\n  it holds adapters, which "
                                                  "--lora=FILE merges"
                                                : ""));
  for (size_t i = 0; i < wanted.size(); ++i)
    ++(weights.has(i) ? report.parameters : report.kept);
  return llvm::Error::success();
}

namespace {

/// The inputs of an export: the model, and one or two files of weights.
class Exporter {
public:
  explicit Exporter(const ExportOptions &options) : options(options), importing(options.model) {
    importing.withoutWeights = true;
  }

  llvm::Expected<ExportReport> run() {
    if (llvm::Error error = readModel())
      return error;
    if (llvm::Error error = readWeights())
      return error;
    Editor editor(*graph, plan, *weights);
    llvm::Expected<FileEdits> edits = editor.run();
    if (!edits)
      return edits.takeError();
    edits->external = options.externalData;
    for (const auto &[index, tensors] : edits->added)
      report.added += tensors.size();
    if (llvm::Error error = writeEdited(*file, *edits, options.output, options.model.maxFileBytes))
      return error;
    return report;
  }

private:
  llvm::Error readModel() {
    Problems problems;
    std::string error;
    file = openModel(importing, problems);
    graph = file ? makeGraph(*file, problems) : nullptr;
    if (!problems.empty())
      return llvm::createStringError(problems.text("exported"));
    if (!options.weights.empty()) {
      checkpoint = TensorFile::open(options.weights, error);
      if (!checkpoint)
        return llvm::createStringError(error);
      addTrained(*graph, *checkpoint, importing);
    }
    plan = planParameters(*graph, importing, problems);
    decideStoredTypes(*graph, plan, importing);
    if (!problems.empty())
      return llvm::createStringError(problems.text("exported"));
    return llvm::Error::success();
  }

  llvm::Error readWeights() {
    if (checkpoint) {
      if (llvm::Error error = match(*graph, plan, options.keepMissing, *checkpoint, report))
        return error;
      below = std::make_unique<CheckpointWeights>(*checkpoint, plan);
    }
    if (options.adapters.empty()) {
      weights = below.get();
      return llvm::Error::success();
    }
    auto created =
        MergedWeights::create(options.adapters, options.alpha, *graph, plan, below.get());
    if (!created)
      return created.takeError();
    merged = std::move(*created);
    report.merged = merged->count();
    weights = merged.get();
    return llvm::Error::success();
  }

  const ExportOptions &options;
  ModelOptions importing;
  std::unique_ptr<ModelFile> file;
  std::unique_ptr<Graph> graph;
  ParameterPlan plan;
  std::unique_ptr<TensorFile> checkpoint;
  std::unique_ptr<Weights> below;        ///< the checkpoint, or null
  std::unique_ptr<MergedWeights> merged; ///< adapters merged into it, or null
  const Weights *weights = nullptr;
  ExportReport report;
};

} // namespace

llvm::Expected<ExportReport> plimsoll::import::exportOnnx(const ExportOptions &options) {
  return Exporter(options).run();
}
