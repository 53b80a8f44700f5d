//===- TextFrontEnd.cpp - the reader of models in the text of nn ------------------===//
#include "compiler/text/TextFrontEnd.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::frontend;

static OwningOpRef<ModuleOp> parse(MLIRContext *context, const std::string &path) {
  context->loadDialect<nn::NNDialect, func::FuncDialect>();
  return parseSourceFile<ModuleOp>(path, context);
}

/// Reports what was asked for and the text decides.
static LogicalResult checkOptions(func::FuncOp forward, const ModelOptions &options) {
  if (!options.inputs.empty() || !options.weights.empty())
    return forward.emitError("--input and --weights bind inputs of model files that are no text");
  for (const auto &entry : options.shapes) {
    BlockArgument argument = nn::findArgument(forward, entry.first());
    auto type = argument ? cast<RankedTensorType>(argument.getType()) : RankedTensorType();
    if (!type || type.getShape() != ArrayRef<int64_t>(entry.second))
      return forward.emitError("--shape=")
             << entry.first() << ": the shapes of a model's text are those that it has";
  }
  return success();
}

static OutlineNode outlineNode(Operation &op) {
  OutlineNode node;
  node.label = nn::nodeName(op.getLoc()).str();
  node.module = nn::modulePath(op.getLoc()).str();
  node.type = op.getName().stripDialect().str();
  node.results.assign(op.getNumResults(), node.label);
  return node;
}

static OutlineInput outlineInput(func::FuncOp forward, BlockArgument argument) {
  OutlineInput input;
  input.name = nn::argumentName(forward, argument.getArgNumber()).str();
  auto type = cast<RankedTensorType>(argument.getType()); // of a function that was checked
  input.isInteger = isa<IntegerType>(type.getElementType());
  for (int64_t size : type.getShape())
    input.dimensions.push_back({size, ""});
  return input;
}

namespace {

class TextFrontEnd : public FrontEnd {
public:
  StringRef format() const override { return "nn"; }
  ArrayRef<StringRef> endings() const override {
    static const StringRef known[] = {".mlir"};
    return known;
  }

  OwningOpRef<ModuleOp> read(MLIRContext *context, const ModelOptions &options) const override {
    OwningOpRef<ModuleOp> module = parse(context, options.path);
    if (!module)
      return nullptr;
    func::FuncOp forward = nn::findFunction(*module, "forward");
    if (!forward || failed(checkOptions(forward, options)))
      return nullptr;
    return module;
  }

  std::optional<ModelOutline> outline(const std::string &path) const override {
    MLIRContext context;
    ScopedDiagnosticHandler quiet(&context, [](Diagnostic &) { return success(); });
    OwningOpRef<ModuleOp> module = parse(&context, path);
    func::FuncOp forward = module ? nn::findFunction(*module, "forward") : func::FuncOp();
    if (!forward)
      return std::nullopt;
    ModelOutline outline;
    for (BlockArgument argument : forward.getArguments())
      outline.inputs.push_back(outlineInput(forward, argument));
    for (Operation &op : forward.getBody().front().without_terminator())
      outline.nodes.push_back(outlineNode(op));
    return outline;
  }
};

} // namespace

std::unique_ptr<FrontEnd> plimsoll::text::createTextFrontEnd() {
  return std::make_unique<TextFrontEnd>();
}
