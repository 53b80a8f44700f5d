//===- Import.cpp - from a file to a module, or to its list of problems -----------===//
#include "compiler/onnx/Importer.h"
#include "compiler/onnx/file/StoredTypes.h"
#include "compiler/onnx/ops/OpTable.h"
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

/// Reports every node that no handler supports, even if the file has other problems.
static void checkOperators(const Graph &graph, Problems &problems) {
  for (int i = 0; i < graph.proto.node_size(); ++i) {
    const onnx::NodeProto &node = graph.node(i);
    if (!isStandard(node)) {
      problems.add(graph.describe(i),
                   "operators of the domain '" + node.domain() + "' are not supported",
                   "export the model with standard ONNX operators");
      continue;
    }
    auto found = opTable().find(node.op_type());
    if (found == opTable().end())
      problems.add(graph.describe(i), "this operator is not supported", Node::kUnsupported);
    else if (found->second.refusal)
      problems.add(graph.describe(i), found->second.refusal, found->second.fix);
  }
}

static bool asksForOtherSizes(const Graph &graph) {
  return llvm::any_of(graph.inputs,
                      [](const BoundInput &input) { return input.shape != input.exported; });
}

/// Imports at the sizes of the file and follows the sizes that --shape asks for. Adds problems if
/// something cannot follow.
static NewSizes sizesAsked(MLIRContext *context, const ModelOptions &options, Graph &graph,
                           const ParameterPlan &plan, Problems &problems) {
  ImportTrace trace;
  ScopedDiagnosticHandler quiet(context, [](Diagnostic &diagnostic) {
    return success(diagnostic.getSeverity() != DiagnosticSeverity::Error);
  });
  graph.isTraced = true;
  Importer importer(context, options, graph, plan, problems, &trace);
  OwningOpRef<ModuleOp> module = importer.run();
  graph.isTraced = false;
  // Inlined now, branches and iteration counts would be those of the exported sizes.
  if (!importer.decisions.empty())
    problems.add("--shape",
                 "asks for other sizes than the file has, which its If and Loop nodes "
                 "cannot follow",
                 "export the model at these sizes, or without control flow");
  return module && problems.empty() ? followSizes(graph, trace, options.maxFoldedElements, problems)
                                    : NewSizes();
}

/// Follows the sizes that --shape asks for, if they are not the file's. Returns nothing if they
/// are, or after problems.
static std::optional<NewSizes> bindOtherSizes(MLIRContext *context, const ModelOptions &options,
                                              Graph &graph, const ParameterPlan &plan,
                                              Problems &problems) {
  if (!asksForOtherSizes(graph))
    return std::nullopt;
  NewSizes sizes = sizesAsked(context, options, graph, plan, problems);
  if (!problems.empty())
    return std::nullopt;
  for (auto [input, shape] : llvm::zip(graph.inputs, sizes.inputs)) {
    if (input.shape != shape)
      emitRemark(nn::userLocation(context, options.path, ""))
          << "input '" << input.info->name() << "' becomes " << shapeText(shape)
          << ", as the inputs do that --shape names";
    input.shape = shape;
  }
  return sizes;
}

namespace {
/// The result of one walk over a file.
struct Walk {
  OwningOpRef<ModuleOp> module; ///< null after problems
  bool unrolled = false;        ///< control flow was inlined into the graph: walk again
};
} // namespace

/// A file without weights that has inputs in their places.
static void warnOfInputs(const Graph &graph, const ParameterPlan &plan, const ModelOptions &options,
                         Location where) {
  if (llvm::any_of(plan.parameters, [&](const Parameter &one) {
        return one.trainable || matchesAny(options.parameters, one.name);
      }))
    return;
  std::string list;
  for (const std::string &name : inputsLikeWeights(graph))
    list += (list.empty() ? "'" : ", '") + name + "'";
  if (!list.empty())
    emitWarning(where) << "inputs that are used as weights have no values in the file: " << list
                       << "; export the model with its weights as initializers, or give them with "
                          "--weights=FILE.safetensors, under the inputs' names";
}

static Walk walk(MLIRContext *context, const ModelOptions &options, ModelFile &file, Location where,
                 Problems &problems) {
  std::unique_ptr<Graph> graph = makeGraph(file, problems);
  bool sound = problems.empty();
  checkOperators(*graph, problems);
  bindInputs(*graph, options, problems);
  bool hasInputs = graph->inputs.size() + graph->initializers.size() > 0;
  if (!sound || (!hasInputs && graph->proto.input_size() > 0))
    return {};
  ParameterPlan plan = planParameters(*graph, options, problems);
  std::vector<std::string> storedTypes = decideStoredTypes(*graph, plan, options);
  bool asks = asksForOtherSizes(*graph);
  std::optional<NewSizes> sizes = bindOtherSizes(context, options, *graph, plan, problems);
  if (asks && !problems.empty())
    return {};
  graph->newSizes = sizes ? &*sizes : nullptr;
  Importer importer(context, options, *graph, plan, problems);
  OwningOpRef<ModuleOp> module = importer.run();
  if (!importer.decisions.empty()) {
    if (unrolledSize(file.model.graph(), importer.decisions) <= kMaxUnrolledNodes) {
      inlineControlFlow(*file.model.mutable_graph(), importer.decisions);
      hoistConstants(file); // in inlined branches
      return {nullptr, true};
    }
    problems.add("", "its loops, unrolled, are more than " + Twine(kMaxUnrolledNodes) + " nodes",
                 "export the model without them, or with fewer iterations");
  }
  importer.emitRemarks();
  for (const std::string &remark : module ? storedTypes : std::vector<std::string>())
    emitRemark(where) << remark;
  if (problems.empty())
    warnOfInputs(*graph, plan, options, where);
  for (const std::string &warning : plan.warnings)
    emitWarning(where) << warning;
  for (const std::string &remark : module ? plan.remarks : std::vector<std::string>())
    emitRemark(where) << remark;
  return {std::move(module)};
}

OwningOpRef<ModuleOp> plimsoll::import::importOnnx(MLIRContext *context,
                                                   const ModelOptions &options) {
  context->loadDialect<nn::NNDialect, func::FuncDialect>();
  Problems problems;
  Location where = nn::userLocation(context, options.path, "");
  std::unique_ptr<ModelFile> file = openModel(options, problems);
  if (file)
    giveWeights(*file, options, problems);
  Walk result;
  for (result.unrolled = problems.empty(); result.unrolled;) {
    problems = Problems(); // they will be reported for the inlined graph
    result = walk(context, options, *file, where, problems);
  }
  if (problems.empty() && result.module)
    return std::move(result.module);
  problems.report(where);
  return nullptr;
}
