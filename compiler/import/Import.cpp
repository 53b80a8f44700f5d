//===- Import.cpp - from a file to a module, or to its list of problems -----------===//
#include "compiler/import/Importer.h"
#include "compiler/import/OpTable.h"
#include "compiler/import/ParameterGroups.h"
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

/// Every node that no handler knows, whatever else is wrong with the file.
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
      problems.add(graph.describe(i), "this operator is not supported",
                   "cut the model before it, or export it from simpler operations");
    else if (found->second.refusal)
      problems.add(graph.describe(i), found->second.refusal, found->second.fix);
  }
}

OwningOpRef<ModuleOp> plimsoll::import::importOnnx(MLIRContext *context,
                                                   const ImportOptions &options) {
  context->loadDialect<nn::NNDialect, func::FuncDialect>();
  Problems problems;
  OwningOpRef<ModuleOp> module;
  Location where = nn::userLocation(context, options.path, "");
  if (std::unique_ptr<ModelFile> file = openModel(options, problems)) {
    std::unique_ptr<Graph> graph = makeGraph(*file, problems);
    bool sound = problems.empty();
    checkOperators(*graph, problems);
    bindInputs(*graph, options, problems);
    bool hasInputs = graph->inputs.size() + graph->initializers.size() > 0;
    if (sound && (hasInputs || graph->proto.input_size() == 0)) {
      ParameterPlan plan = planParameters(*graph, options, problems);
      module = Importer(context, options, *graph, plan, problems).run();
      if (module)
        assignGroups(*module, plan, options, problems);
      for (const std::string &warning : plan.warnings)
        emitWarning(where) << warning;
      for (const std::string &remark : module ? plan.remarks : std::vector<std::string>())
        emitRemark(where) << remark;
    }
  }
  if (problems.empty() && module)
    return module;
  problems.report(where);
  return nullptr;
}
